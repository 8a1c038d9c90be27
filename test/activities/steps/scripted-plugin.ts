import { z } from 'zod'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import {
  definePlugin,
  defineStep,
  type Plugin,
  StepError,
  type StepContext,
} from '../../../plugins/plugin-contract.ts'

/** The arguments of a call to a function of a step. */
interface StepArguments {
  context: Partial<StepContext>
  input: unknown
  output?: unknown
}

/** A plug-in of steps whose functions a test scripts. */
export interface ScriptedPlugin {
  plugin: Plugin
  /** The calls to functions of its steps, in order, such as `execute call`. */
  calls: string[]
  /** The arguments of the first such call, such as `execute call`. Throws when there was none. */
  argumentsOf(call: string): StepArguments
  /** Replaces the function of a call, such as `execute call`. A function without a script succeeds. */
  script: Map<string, () => unknown>
  /** Deletes the recorded calls and the script. */
  reset(): void
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

/** Makes a plug-in with a step of every placement, with and without `lookup`, `compensate`, `record` and `unrecord`. */
export function scriptedPlugin(): ScriptedPlugin {
  const calls: string[] = []
  const received: StepArguments[] = []
  const script: ScriptedPlugin['script'] = new Map()
  const act =
    <Result>(call: string, result: Result) =>
    async (context: object, given: unknown, output?: unknown): Promise<Result> => {
      calls.push(call)
      received.push({ context, input: given, output })
      const scripted = script.get(call)
      return scripted === undefined ? result : ((await scripted()) as Result)
    }
  const called = { output: { crmId: 'crm-1' }, externalReference: 'ref-1' }
  const row = (id: string) =>
    defineStep({
      ...basics,
      id,
      title: `Write ${id}`,
      placement: 'transactional',
      input: rowInput,
      output: rowOutput,
      execute: act(`execute ${id}`, { output: {} }),
      compensate: act(`compensate ${id}`, undefined),
    })
  const steps = [
    row('row'),
    row('second-row'),
    defineStep({
      ...basics,
      id: 'call',
      title: 'Call them',
      placement: 'external',
      output: callOutput,
      execute: act('execute call', called),
      lookup: act('lookup call', { outcome: 'absent' as const }),
      compensate: act('compensate call', undefined),
    }),
    defineStep({
      ...basics,
      id: 'blind-call',
      title: 'Call them, without a lookup',
      placement: 'external',
      output: callOutput,
      execute: act('execute blind-call', called),
      compensate: act('compensate blind-call', undefined),
    }),
    defineStep({
      ...basics,
      id: 'kept-call',
      title: 'Call them, without an undo',
      placement: 'external',
      output: callOutput,
      execute: act('execute kept-call', called),
    }),
    defineStep({
      ...basics,
      id: 'bill',
      title: 'Bill them',
      placement: 'by-billing-adapter',
      output: callOutput,
      execute: act('execute bill', called),
      lookup: act('lookup bill', { outcome: 'absent' as const }),
      record: act('record bill', undefined),
      compensate: act('compensate bill', undefined),
      unrecord: act('unrecord bill', undefined),
    }),
    defineStep({
      ...basics,
      id: 'bare-bill',
      title: 'Bill them, without rows of our own',
      placement: 'by-billing-adapter',
      output: callOutput,
      execute: act('execute bare-bill', called),
      compensate: act('compensate bare-bill', undefined),
    }),
  ]
  return {
    plugin: definePlugin({ name: 'scripted', steps }),
    calls,
    argumentsOf(call) {
      const found = received[calls.indexOf(call)]
      if (found === undefined) throw new Error(`There was no call ${call}.`)
      return found
    },
    script,
    reset() {
      calls.splice(0)
      received.splice(0)
      script.clear()
    },
  }
}
