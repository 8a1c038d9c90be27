import { TestWorkflowEnvironment } from '@temporalio/testing'

/** Run as a process: `sdk-download-process.ts dev-server|time-skipping <folder>`. Downloads the program into the folder. */
const [server, downloadDir] = process.argv.slice(2)
if (downloadDir === undefined) throw new Error('Give a folder for the download')

const executable = { type: 'cached-download', downloadDir } as const
const environment =
  server === 'time-skipping'
    ? await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })
    : await TestWorkflowEnvironment.createLocal({ server: { executable } })
await environment.teardown()
