// The workflow code of a later release, for tests: AddAccount has a short timer at its beginning and at its end.
import { patched, sleep } from '@temporalio/workflow'
import { executeRun } from '../../../workflows/run.ts'
import type { RunInput, RunOutcome } from '../../../workflows/contract.ts'

/** A run that began on the earlier release has no timer at its beginning. Its replay here must not add one. */
export async function addAccount(input: RunInput): Promise<RunOutcome> {
  if (patched('pause-before')) await sleep(1)
  const outcome = await executeRun(input)
  if (patched('pause-after')) await sleep(1)
  return outcome
}
