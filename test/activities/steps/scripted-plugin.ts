import { z } from 'zod'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import {
  definePlugin,
  defineStep,
  type Plugin,
  StepError,
  type StepContext,
} from '../../../plugins/plugin-contract.ts'

export interface ScriptedPlugin {
  plugin: Plugin
  /** What was asked of its steps, in order, such as `execute call`. */
  calls: string[]
  /** With what context, input and output each was asked. */
  asked: { what: string; context: Partial<StepContext>; input: unknown; output?: unknown }[]
  /** What a call does from here on, in place of going well. */
  script: Map<string, () => unknown>
  /** Forgets the calls and the script. */
  reset(): void
}

/** What a scripted call says when it fails. */
export const words = { code: 'crm_says_no', message: 'The CRM says no.', nextAction: 'Ask them.' }

/**
 * A call that fails, for a script.
 * @param more what the error says beside or instead of `words`.
 */
export function failing(
  errorClass: ErrorClass,
  more: Partial<ConstructorParameters<typeof StepError>[0]> = {},
) {
  return (): never => {
    throw new StepError({ class: errorClass, ...words, ...more })
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

/** Steps of every make, which do what a test says and go well where it says nothing. */
export function scriptedPlugin(): ScriptedPlugin {
  const calls: string[] = []
  const asked: ScriptedPlugin['asked'] = []
  const script: ScriptedPlugin['script'] = new Map()
  const act =
    <Answer>(what: string, otherwise: Answer) =>
    async (context: object, given: unknown, output?: unknown): Promise<Answer> => {
      calls.push(what)
      asked.push({ what, context, input: given, output })
      const scripted = script.get(what)
      return scripted === undefined ? otherwise : ((await scripted()) as Answer)
    }
  const registered = { output: { crmId: 'crm-1' }, externalReference: 'ref-1' }
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
      execute: act('execute call', registered),
      lookup: act('lookup call', { outcome: 'absent' as const }),
      compensate: act('compensate call', undefined),
    }),
    defineStep({
      ...basics,
      id: 'blind-call',
      title: 'Call somebody who can not be asked',
      placement: 'external',
      output: callOutput,
      execute: act('execute blind-call', registered),
      compensate: act('compensate blind-call', undefined),
    }),
    defineStep({
      ...basics,
      id: 'kept-call',
      title: 'Call for good',
      placement: 'external',
      output: callOutput,
      execute: act('execute kept-call', registered),
    }),
    defineStep({
      ...basics,
      id: 'bill',
      title: 'Bill them',
      placement: 'by-billing-adapter',
      output: callOutput,
      execute: act('execute bill', registered),
      lookup: act('lookup bill', { outcome: 'absent' as const }),
      record: act('record bill', undefined),
      compensate: act('compensate bill', undefined),
      unrecord: act('unrecord bill', undefined),
    }),
    defineStep({
      ...basics,
      id: 'bare-bill',
      title: 'Bill them and write nothing down',
      placement: 'by-billing-adapter',
      output: callOutput,
      execute: act('execute bare-bill', registered),
      compensate: act('compensate bare-bill', undefined),
    }),
  ]
  return {
    plugin: definePlugin({ name: 'scripted', steps }),
    calls,
    asked,
    script,
    reset() {
      calls.splice(0)
      asked.splice(0)
      script.clear()
    },
  }
}
