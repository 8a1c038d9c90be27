import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../cli/deployment/environment.ts'

/**
 * A folder of the cache that `install` has filled. Filled beside its place and moved there in one step: two test files
 * may do this at once, and one that is killed leaves nothing half done under the final name.
 */
export async function installOnce(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const cacheDir = join(projectRoot, '.cache')
  const place = join(cacheDir, name)
  if (existsSync(place)) return place
  await mkdir(cacheDir, { recursive: true })
  const folder = await mkdtemp(join(cacheDir, 'install-'))
  try {
    await install(folder)
    // The other one was faster: its folder holds the same.
    await rename(folder, place).catch((error: unknown) => {
      if (!existsSync(place)) throw error
    })
    return place
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
