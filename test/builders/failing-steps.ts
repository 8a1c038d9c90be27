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

/** What a step does the next times it is asked; in the end it succeeds. */
type Failures = StepError[]

export interface FailingSteps {
  plugin: Plugin
  /** What `call-provider` throws, when it is executed and when it is undone. */
  execute: Failures
  undo: Failures
  /** What asking the provider answers. */
  found: LookupResult<{ answer: string }>
  /** What it answers when it succeeds; `nonsense` is not what the step declares. */
  answer: string
  calls: string[]
}

/** A plug-in whose step `call-provider` fails as the test says. */
export function failingSteps(): FailingSteps {
  const steps: Omit<FailingSteps, 'plugin'> = {
    execute: [],
    undo: [],
    found: { outcome: 'absent' },
    answer: 'done',
    calls: [],
  }
  const doNext = (what: 'execute' | 'undo') => {
    steps.calls.push(what)
    const error = steps[what].shift()
    if (error !== undefined) throw error
  }
  const callProvider = defineStep({
    ...shared,
    id: 'call-provider',
    title: 'Call the provider',
    preview: () => ({ summary: 'Call the provider.' }),
    async execute() {
      doNext('execute')
      return { output: { answer: steps.answer } }
    },
    async lookup() {
      steps.calls.push('lookup')
      return steps.found
    },
    async compensate() {
      doNext('undo')
    },
  })
  return Object.assign(steps, { plugin: definePlugin({ name: 'failing', steps: [callProvider] }) })
}

/** An error of this class, such as a provider's plug-in throws it. */
export function anError(errorClass: ErrorClass, fields?: StepError['fields']): StepError {
  return new StepError({
    class: errorClass,
    code: `provider_${errorClass}`,
    message: 'The provider said no.',
    nextAction: 'Ask the provider.',
    ...(fields === undefined ? {} : { fields }),
  })
}
