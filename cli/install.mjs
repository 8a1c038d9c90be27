// Installs the packages that a command needs, in the versions of package-lock.json.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const modules = join(root, 'node_modules')
const windows = process.platform === 'win32'

/** Three sets of packages, each including the sets before it: the package.json that names them, and the options of npm. */
const sets = [
  { of: '', field: 'dependencies', npm: ['--omit=dev', '--workspaces=false'] },
  { of: 'cli/stack', field: 'dependencies', npm: ['--omit=dev'] },
  { of: '', field: 'devDependencies', npm: ['--include=dev'] },
]
export const [deployed, withServers, everything] = [0, 1, 2]

/** Installs the missing packages of a set and of the sets before it. @returns the failure in one line, or undefined. */
export function installWhenNeeded(needed) {
  const wanted = packagesIn(join(root, 'package-lock.json'))
  // npm writes this file after a complete install.
  const installed = packagesIn(join(modules, '.package-lock.json'))
  const missing = sets
    .slice(0, needed + 1)
    .flatMap(({ of, field }) => Object.keys(wanted[of]?.[field] ?? {}))
    .filter((name) => installed[`node_modules/${name}`] === undefined)
  const isOf = (path) => installed[path].version === wanted[path]?.version
  if (missing.length === 0 && Object.keys(installed).every(isOf)) return undefined

  console.log('  · installing the dependencies (only once)')
  // An interrupted install leaves half a package, which npm would keep.
  for (const [path, { version }] of Object.entries(wanted)) {
    const isPackage = path.includes('node_modules/') && version !== undefined
    if (isPackage && installed[path]?.version !== version)
      rmSync(join(root, path), { recursive: true, force: true })
  }
  // Not `npm ci`, which deletes all packages first: a running start may be using them.
  const set = sets[Math.max(needed, setIn(installed))]
  const options = ['--no-save', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const { error, status } = spawnSync(windows ? 'npm.cmd' : 'npm', ['install', ...set.npm, ...options], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: windows,
  })
  if (error) return `npm could not be run: ${error.message}. Install npm and start again.`
  if (status !== 0) return notInstalled(needed, missing)
  linkNode()
  return undefined
}

function notInstalled(needed, missing) {
  const names = missing.length > 0 ? missing.join(', ') : 'the dependencies'
  if (needed !== withServers)
    return `npm could not install these packages: ${names}. Read the output of npm above, correct the cause and start again.`
  return `npm could not install the packages of the embedded servers: ${names}. Read the output of npm above and run npm ci --omit=dev, or use your own servers with npx tenantry serve.`
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages
  } catch {
    return {}
  }
}

function setIn(installed) {
  if (Object.values(installed).some(({ dev }) => dev)) return everything
  return installed['cli/stack'] === undefined ? deployed : withServers
}

export function installedNode() {
  const platform = windows ? 'win' : process.platform
  return [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]
    .map((name) => join(modules, name, 'bin', windows ? 'node.exe' : 'node'))
    .find((path) => existsSync(path))
}

// Before version 11, npm removes this link together with the Nodes of other platforms. Without it, npm scripts run on
// another Node, and the next install replaces a Node that may be running.
function linkNode() {
  const node = installedNode()
  const link = join(modules, '.bin', 'node')
  if (windows || !node || existsSync(link)) return
  rmSync(link, { force: true })
  symlinkSync(relative(dirname(link), node), link)
}
