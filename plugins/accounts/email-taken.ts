import { emailTaken } from '../../domain/users/user-errors.ts'
import { type StepError, stepError } from '../plugin-contract.ts'

/** A person has to name another address. */
export function emailOfAnother(): StepError {
  return stepError(emailTaken, { fields: [{ pointer: '/user/email', message: emailTaken.message }] })
}
