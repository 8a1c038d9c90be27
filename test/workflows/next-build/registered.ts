// The workflow code of a later release, as a test has it: AddAccount waits for a moment before it begins and before it ends.
import { patched, sleep } from '@temporalio/workflow'
import { executeRun } from '../../../workflows/run.ts'
import type { RunInput, RunOutcome } from '../../../workflows/contract.ts'

/** A run that began on the release before has no timer at its beginning, so it must not get one when it is replayed here. */
export async function addAccount(input: RunInput): Promise<RunOutcome> {
  if (patched('pause-before')) await sleep(1)
  const outcome = await executeRun(input)
  if (patched('pause-after')) await sleep(1)
  return outcome
}
