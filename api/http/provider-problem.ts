import { DeadlinePassed } from '../../domain/calls/deadline.ts'
import { StepError } from '../../plugins/plugin-contract.ts'
import { Problem } from './problem.ts'

/** What a billing provider refused, or did not answer, as an answer of ours. Anything else stays as it is. */
export function asProviderProblem(error: unknown): unknown {
  if (error instanceof DeadlinePassed) return unreachable('The billing provider did not answer in time.')
  if (!(error instanceof StepError)) return error
  const { message, nextAction } = error
  if (error.code === 'idempotency_key_reused') return new Problem('idempotency_key_reused', message)
  if (error.class === 'needs_input') {
    const errors = error.fields.map((field) => ({ ...field, code: error.code }))
    return new Problem('invalid_request', message, { nextAction, errors })
  }
  if (error.class === 'terminal') return new Problem('provider_refused', message, { nextAction })
  return unreachable(message)
}

function unreachable(detail: string): Problem {
  return new Problem('provider_unreachable', detail, { headers: { 'retry-after': '5' } })
}
