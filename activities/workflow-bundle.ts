import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

const workflowsFolder = fileURLToPath(new URL('../workflows/', import.meta.url))
const domainFolder = fileURLToPath(new URL('../domain/', import.meta.url))

/**
 * Bundles the workflow code into one file. This takes seconds, so the file is cached under a name that changes with the code and
 * with the SDK.
 * @param cacheFolder created if it does not exist.
 * @returns the path of the bundle.
 */
export async function workflowBundle(cacheFolder: string): Promise<string> {
  const path = join(cacheFolder, `workflows-${await fingerprint()}.js`)
  if ((await readFile(path).catch(() => undefined)) !== undefined) return path
  const workflowsPath = join(workflowsFolder, 'registered.ts')
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    // Evaluated once for all workflows instead of once for each. This is safe because these modules hold no state.
    preloadModules: ['@temporalio/workflow', workflowsPath],
    payloadConverterPath: join(workflowsFolder, 'payload-converter.ts'),
    logger: new DefaultLogger('WARN'),
  })
  await mkdir(cacheFolder, { recursive: true })
  // Another process may write the same file, so it is written under another name and then renamed.
  const unfinished = `${path}.${process.pid}`
  await writeFile(unfinished, code)
  await rename(unfinished, path)
  return path
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
  hash.update(await readFile(fileURLToPath(import.meta.url)))
  hash.update(createRequire(import.meta.url)('@temporalio/worker/package.json').version)
  // Workflows also import pure files of the domain, which the bundle contains.
  for (const folder of [workflowsFolder, domainFolder]) {
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))
    for (const name of names.sort()) hash.update(name).update(await readFile(join(folder, name)))
  }
  return hash.digest('hex').slice(0, 16)
}
