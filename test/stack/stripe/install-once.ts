import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../cli/deployment/environment.ts'

/**
 * Installs into a folder of the cache, unless the folder exists. The files are written to a temporary folder that is then
 * renamed, because two test files may install at the same time, and one of them may be killed.
 * @param name the name of the folder in the cache; it has to contain the version.
 * @param install writes the files into the folder that it gets.
 * @returns the path of the folder.
 */
export async function installOnce(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const cacheDir = join(projectRoot, '.cache')
  const target = join(cacheDir, name)
  if (existsSync(target)) return target
  await mkdir(cacheDir, { recursive: true })
  const folder = await mkdtemp(join(cacheDir, 'install-'))
  try {
    await install(folder)
    // Another test file was faster. Its folder has the same files.
    await rename(folder, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
    return target
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
