import { emailTaken } from '../../domain/users/user-errors.ts'
import { type StepError, stepError } from '../plugin-contract.ts'

/** The error for an email that another user has. */
export function emailOfAnother(): StepError {
  return stepError(emailTaken, { fields: [{ pointer: '/user/email', message: emailTaken.message }] })
}
