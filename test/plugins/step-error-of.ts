import { StepError } from '../../plugins/plugin-contract.ts'

/** Returns the StepError with which a call fails. Throws any other error. */
export async function stepErrorOf(calling: Promise<unknown>): Promise<StepError> {
  const error = await calling.then(
    () => new Error('The call succeeded.'),
    (reason: unknown) => reason,
  )
  if (error instanceof StepError) return error
  throw error
}
