import { z } from 'zod'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import {
  definePlugin,
  defineStep,
  StepError,
  type StepContext,
  type StepReference,
} from '../../../plugins/plugin-contract.ts'
import { plannedStep } from '../../builders/planned-step.ts'

/** The arguments of a call to a function of a step. */
interface StepArguments {
  context: Partial<StepContext>
  input: unknown
  output?: unknown
}

/** The text of a scripted error. */
export const errorText = { code: 'crm_says_no', message: 'The CRM says no.', nextAction: 'Ask them.' }

/**
 * Makes a function that throws a StepError, for a script.
 * @param more properties of the error, in place of `errorText`.
 */
export function failing(
  errorClass: ErrorClass,
  more: Partial<ConstructorParameters<typeof StepError>[0]> = {},
) {
  return (): never => {
    throw new StepError({ class: errorClass, ...errorText, ...more })
  }
}

export const row = plannedStep('row', { placement: 'transactional' })
export const call = plannedStep('call')
export const blindCall = plannedStep('blind-call')
export const keptCall = plannedStep('kept-call')
export const bill = plannedStep('bill')
/** The step `bill`, planned with a transactional billing adapter. */
export const ownBill = plannedStep('bill', { placement: 'transactional' })

const input = z.object({
  company: z.object({ name: z.string().min(1) }),
  organizationId: z.string().optional(),
  crmId: z.string().optional(),
  undoneAs: z.string().optional(),
})
const basics = { version: 1, input, undo: 'undo', preview: () => ({ summary: 'Do it.' }) } as const
const rowInput = input.extend({ company: z.object({ name: z.string() }) })
const rowOutput = z.object({
  organizationId: z.string().optional(),
  userId: z.string().optional(),
  undoneAs: z.string().optional(),
})
const callOutput = z.object({ crmId: z.string() })
/** The steps `row` and `call`, for the steps that read their outputs. */
const rowRead = { id: 'row', version: 1, operations: ['add-account'], output: rowOutput } as const
const callRead = { ...rowRead, id: 'call', output: callOutput }

/** Makes a plug-in with a step of every placement, with and without `lookup`, `compensate`, `record` and `unrecord`. */
export function scriptedPlugin() {
  /** The calls to functions of its steps, in order, such as `execute call`. */
  const calls: string[] = []
  const received: StepArguments[] = []
  /** Replaces the function of a call, such as `execute call`. A function without a script succeeds. */
  const script = new Map<string, () => unknown>()
  const act =
    <Result>(name: string, result: Result) =>
    async (context: object, given: unknown, output?: unknown): Promise<Result> => {
      calls.push(name)
      received.push({ context, input: given, output })
      const scripted = script.get(name)
      return scripted === undefined ? result : ((await scripted()) as Result)
    }
  const called = { output: { crmId: 'crm-1' }, externalReference: 'ref-1' }
  const external = (id: string) =>
    ({
      ...basics,
      id,
      title: `Call for ${id}`,
      placement: 'external',
      output: callOutput,
      execute: act(`execute ${id}`, called),
    }) as const
  const transactional = (id: string, more: { after?: string[]; reads?: StepReference[] } = {}) =>
    defineStep({
      ...basics,
      ...more,
      id,
      title: `Write ${id}`,
      placement: 'transactional',
      input: rowInput,
      output: rowOutput,
      execute: act(`execute ${id}`, { output: {} }),
      compensate: act(`compensate ${id}`, undefined),
    })
  const steps = [
    // Both orders of a read: `call` runs after `row`, and is undone before it.
    transactional('row', { reads: [callRead] }),
    transactional('second-row', { after: ['row'], reads: [rowRead] }),
    transactional('create-organization'),
    transactional('create-user'),
    defineStep({
      ...external('call'),
      after: ['row'],
      reads: [rowRead],
      lookup: act('lookup call', { outcome: 'absent' as const }),
      compensate: act('compensate call', undefined),
    }),
    defineStep({ ...external('blind-call'), compensate: act('compensate blind-call', undefined) }),
    defineStep({ ...external('kept-call'), undo: 'keep' }),
    defineStep({
      ...external('bill'),
      placement: 'by-billing-adapter',
      lookup: act('lookup bill', { outcome: 'absent' as const }),
      record: act('record bill', undefined),
      compensate: act('compensate bill', undefined),
      unrecord: act('unrecord bill', undefined),
    }),
    defineStep({
      ...external('bare-bill'),
      placement: 'by-billing-adapter',
      compensate: act('compensate bare-bill', undefined),
    }),
  ]
  return {
    plugin: definePlugin({ name: 'scripted', steps }),
    calls,
    /** The arguments of the first such call, such as `execute call`. */
    argumentsOf(name: string): StepArguments {
      const found = received[calls.indexOf(name)]
      if (found === undefined) throw new Error(`There was no call ${name}.`)
      return found
    },
    script,
    /** Deletes the recorded calls and the script. */
    reset(): void {
      calls.splice(0)
      received.splice(0)
      script.clear()
    },
  }
}
