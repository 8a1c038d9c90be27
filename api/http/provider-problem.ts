import { idempotencyKeyReused } from '../../domain/billing/billing-errors.ts'
import { DeadlinePassed } from '../../domain/calls/deadline.ts'
import { StepError } from '../../plugins/plugin-contract.ts'
import { inputRefusedByProvider, providerRefused, providerUnreachable } from './errors.ts'
import { type Problem, problem } from './problem.ts'

/** Converts an error of a call to a billing provider to a problem. @returns the problem; any other error unchanged. */
export function asProviderProblem(error: unknown): unknown {
  if (error instanceof DeadlinePassed) return unreachable('It did not answer in time.')
  if (!(error instanceof StepError)) return error
  const { message, nextAction } = error
  if (error.code === idempotencyKeyReused.code) return problem(idempotencyKeyReused)
  if (error.class === 'needs_input') {
    const errors = error.fields.map((field) => ({ ...field, code: error.code }))
    return problem(inputRefusedByProvider, { parameters: { reason: message }, nextAction, errors })
  }
  if (error.class === 'terminal')
    return problem(providerRefused, { parameters: { reason: message }, nextAction })
  return unreachable(message)
}

function unreachable(reason: string): Problem {
  return problem(providerUnreachable, { parameters: { reason }, headers: { 'retry-after': '5' } })
}
