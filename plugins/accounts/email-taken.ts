import { StepError } from '../plugin-contract.ts'

/** A person has to name another address: an email belongs to one user. */
export function emailTaken(): StepError {
  return new StepError({
    class: 'needs_input',
    code: 'email_taken',
    message: 'The email belongs to another user.',
    nextAction: 'Retry with another `user.email` as input, or cancel.',
    fields: [{ pointer: '/user/email', message: 'This email belongs to another user.' }],
  })
}
