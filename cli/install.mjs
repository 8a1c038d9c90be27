// What npm installs before a command runs: as much as the command needs, and exactly what package-lock.json says.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const modules = join(root, 'node_modules')
const windows = process.platform === 'win32'

/** Three sets of packages, each with those before it: which package.json names them, and how npm is asked for them. */
const sets = [
  { of: '', field: 'dependencies', npm: ['--omit=dev', '--workspaces=false'] },
  { of: 'cli/stack', field: 'dependencies', npm: ['--omit=dev'] },
  { of: '', field: 'devDependencies', npm: ['--include=dev'] },
]
export const [deployed, withServers, everything] = [0, 1, 2]

/**
 * Installs what is missing of a set, and of those before it.
 * @returns why that was not possible, in one line.
 */
export function installWhenNeeded(needed) {
  const wanted = packagesIn(join(root, 'package-lock.json'))
  // npm writes it when all is installed.
  const installed = packagesIn(join(modules, '.package-lock.json'))
  const missing = sets
    .slice(0, needed + 1)
    .flatMap(({ of, field }) => Object.keys(wanted[of]?.[field] ?? {}))
    .filter((name) => installed[`node_modules/${name}`] === undefined)
  const isOf = (path) => installed[path].version === wanted[path]?.version
  if (missing.length === 0 && Object.keys(installed).every(isOf)) return undefined

  console.log('  · installing the dependencies (only once)')
  // An install that was interrupted leaves half a package, which npm would take for a whole one.
  for (const [path, { version }] of Object.entries(wanted)) {
    const isPackage = path.includes('node_modules/') && version !== undefined
    if (isPackage && installed[path]?.version !== version)
      rmSync(join(root, path), { recursive: true, force: true })
  }
  // Not `npm ci`, which deletes what is there first: a start may be running on it.
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
  const names = missing.length > 0 ? missing.join(', ') : 'The dependencies'
  if (needed !== withServers) return `${names}: npm could not install what is missing, see above.`
  return `${names}: npm could not install what the embedded servers need, see above. Run npm ci --omit=dev, or use servers of your own with npx tenantry serve.`
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

/** The Node that came with npm: where it is, by the name that its package has on this platform. */
export function installedNode() {
  const platform = windows ? 'win' : process.platform
  return [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]
    .map((name) => join(modules, name, 'bin', windows ? 'node.exe' : 'node'))
    .find((path) => existsSync(path))
}

// Before npm 11, npm takes this link away together with the Nodes of other platforms. Without it, npm scripts run on
// another Node, and the next install replaces the Node that may be running.
function linkNode() {
  const node = installedNode()
  const link = join(modules, '.bin', 'node')
  if (windows || !node || existsSync(link)) return
  rmSync(link, { force: true })
  symlinkSync(relative(dirname(link), node), link)
}
