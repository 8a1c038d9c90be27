import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { startServers } from '../stack/servers.ts'
import { serversVariable, workFolder } from './places.ts'

// Starts the servers once, then Stryker: a mutant that takes its test process with it does not take them along.
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
        // Workflow code runs in the thread of the test then, where it can share the mutant's switch.
        TEMPORAL_DEBUG: '1',
      },
    },
  )
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  // A terminal sends this one to the child as well: the servers stop after it.
  process.on('SIGINT', () => undefined)
  process.exitCode = (await child).exitCode ?? 1
} finally {
  await servers.stop()
  // Stryker leaves its copy of the project where it was stopped.
  await rm(join(projectRoot, workFolder, 'sandbox'), { recursive: true, force: true })
}
