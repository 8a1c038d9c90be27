import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { startServers } from '../stack/servers.ts'
import { serversVariable, workFolder } from './places.ts'

// The servers run outside of the test processes, because a mutant can crash its test process.
const servers = await startServers(join(projectRoot, '.cache'))
try {
  const child = execa(
    process.execPath,
    [
      fileURLToPath(new URL('../../bin/stryker.js', import.meta.resolve('@stryker-mutator/core'))),
      'run',
      join('test', 'mutation', 'stryker.config.ts'),
      ...process.argv.slice(2),
    ],
    {
      cwd: projectRoot,
      stdio: 'inherit',
      reject: false,
      env: {
        [serversVariable]: JSON.stringify(servers.addresses),
        // Workflow code then runs in the thread of the test, where it can share Stryker's global object.
        TEMPORAL_DEBUG: '1',
      },
    },
  )
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  // A terminal also sends SIGINT to Stryker, and the servers have to stop after Stryker.
  process.on('SIGINT', () => undefined)
  process.exitCode = (await child).exitCode ?? 1
} finally {
  await servers.stop()
  // If Stryker is stopped early, it leaves its copy of the project behind.
  await rm(join(projectRoot, workFolder, 'sandbox'), { recursive: true, force: true })
}
