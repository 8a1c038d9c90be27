import { StepError } from '../plugin-contract.ts'

/** Nothing was done yet, and a retry would find the same: the operation is closed as failed. */
export function refusal(code: string, message: string): StepError {
  return new StepError({
    class: 'terminal',
    code,
    message,
    nextAction: 'Nothing was changed. Read the account again, and send a new request if it is still wanted.',
  })
}
