import { z } from 'zod'
import type { ErrorClass } from '../../domain/errors/error-class.ts'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import {
  definePlugin,
  defineStep,
  type LookupResult,
  type Plugin,
  StepError,
} from '../../plugins/plugin-contract.ts'

const shared = {
  version: 1,
  placement: 'external',
  needs: [createOrganization],
  input: z.object({}),
  output: z.object({ answer: z.string().refine((answer) => answer !== 'nonsense') }),
  undo: 'undo',
  retry: { initialInterval: 20, backoffCoefficient: 1, maximumAttempts: 3 },
} as const

/** The errors of the next calls, in order. After them the calls succeed. */
type Failures = StepError[]

export interface FailingSteps {
  plugin: Plugin
  /** The errors of `call-provider` when it is executed. */
  execute: Failures
  /** The errors of `call-provider` when it is undone. */
  undo: Failures
  /** The answer of `lookup`, which the provider may give late. */
  found: LookupResult<{ answer: string }> | Promise<LookupResult<{ answer: string }>>
  /** The output of a successful call. The declared output does not allow `nonsense`. */
  answer: string
  calls: string[]
}

/** Makes a plug-in whose step `call-provider` fails as the test sets it. @param options `timeout` is that of the step. */
export function failingSteps(options: { timeout?: number } = {}): FailingSteps {
  const steps: Omit<FailingSteps, 'plugin'> = {
    execute: [],
    undo: [],
    found: { outcome: 'absent' },
    answer: 'done',
    calls: [],
  }
  const callNext = (call: 'execute' | 'undo') => {
    steps.calls.push(call)
    const error = steps[call].shift()
    if (error !== undefined) throw error
  }
  const callProvider = defineStep({
    ...shared,
    ...options,
    id: 'call-provider',
    title: 'Call the provider',
    preview: () => ({ summary: 'Call the provider.' }),
    async execute() {
      callNext('execute')
      return { output: { answer: steps.answer } }
    },
    async lookup() {
      steps.calls.push('lookup')
      return steps.found
    },
    async compensate() {
      callNext('undo')
    },
  })
  return Object.assign(steps, { plugin: definePlugin({ name: 'failing', steps: [callProvider] }) })
}

/** Makes an error of this class, as the plug-in of a provider throws it. */
export function anError(errorClass: ErrorClass, fields?: StepError['fields']): StepError {
  return new StepError({
    class: errorClass,
    code: `provider_${errorClass}`,
    message: 'The provider said no.',
    nextAction: 'Ask the provider.',
    ...(fields === undefined ? {} : { fields }),
  })
}
