import { randomUUID } from 'node:crypto'
import { afterAll, test } from 'vitest'
import { z } from 'zod'
import { stepChecks, type StepSubject } from '../../plugins/conformance/kits.ts'
import { defineStep, type Step, type StepContext, StepError } from '../../plugins/plugin-contract.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { freshDatabase } from '../stack/database.ts'
import { memoryBilling } from '../stack/memory-billing.ts'
import { type Faults, testFaults } from './broken.ts'
import { transactIn } from './subjects/in-database.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

const effects = new Set<string>()
const input = z.object({ email: z.string() })
const output = z.object({ memberId: z.string() })
const refused = 'nobody@conformance.example'

/** The effect of these steps, which is idempotent by its key. */
function join(key: string): { output: { memberId: string } } {
  effects.add(key)
  return { output: { memberId: key } }
}

const properties = {
  id: 'join-club',
  version: 1,
  title: 'Join the club',
  input,
  output,
  undo: 'undo' as const,
  preview: () => ({ summary: 'Join the club.' }),
}

/** A step that keeps every rule of external steps, and of steps that ask first. */
const soundStep = defineStep({
  ...properties,
  placement: 'external',
  async execute({ idempotencyKey, signal, retries }, { email }) {
    if (retries === 0) throw refusal('approval_required', 'needs_input')
    if (signal.aborted) throw refusal('stopped', 'retryable')
    if (email === refused) throw refusal('not_wanted', 'needs_input')
    return join(idempotencyKey)
  },
  lookup: async ({ idempotencyKey }) =>
    effects.has(idempotencyKey)
      ? { outcome: 'happened', result: { output: { memberId: idempotencyKey } } }
      : { outcome: 'absent' },
  async compensate(_, __, { memberId }) {
    effects.delete(memberId)
  },
})

function refusal(code: string, errorClass: 'retryable' | 'needs_input', message = 'No.'): StepError {
  return new StepError({ class: errorClass, code, message, nextAction: 'Retry.' })
}

function subjectOf(step: Step): StepSubject {
  return {
    step,
    placement: 'external',
    asksFirst: true,
    providers: createRegistry([]),
    request: { organizationId: 'org_1', trialEndsAt: '2031-01-01T00:00:00Z' },
    prepareInput: async () => ({ email: 'ada@conformance.example' }),
    prepareRefusedInput: async () => ({ email: refused }),
    transact: transactIn(db),
    countEffects: async () => effects.size,
  }
}

const provider = memoryBilling()

const atProvider = {
  providers: createRegistry([provider.plugin]),
  countEffects: async () => provider.subscriptions.size,
}

/** Subscribes an account at the provider. */
async function subscribe({ billing, signal }: StepContext, idempotencyKey: string) {
  const { externalId } = await billing('memory').ensureSubscription(
    { signal, idempotencyKey },
    { customerExternalId: 'cus_1', organizationId: 'org_1', plan: { kind: 'purchased' } },
  )
  return { output: { memberId: externalId } }
}

/** A step that subscribes an account and whose undo subscribes another one, each time under another key. */
const subscribingAnew = {
  ...subjectOf(
    defineStep({
      ...properties,
      placement: 'external',
      execute: (context) => subscribe(context, randomUUID()),
      lookup: async () => ({ outcome: 'absent' }),
      compensate: async (context) => void (await subscribe(context, randomUUID())),
    }),
  ),
  ...atProvider,
}

/** A transactional step with an effect outside of its transaction. */
const strayingStep = defineStep({
  ...properties,
  placement: 'transactional',
  undo: 'keep',
  execute: async () => join(randomUUID()),
})
const strayingSubject = { ...subjectOf(strayingStep), placement: 'transactional' } as const

/** A transactional step that calls a provider. */
const callingStep = defineStep({
  ...properties,
  placement: 'transactional',
  undo: 'keep',
  execute: (context) => subscribe(context, context.idempotencyKey),
})

/** The sound step, with properties that break it. */
const broken = (change: object) => subjectOf({ ...soundStep, ...change })

const faults: Faults<StepSubject> = {
  'a step that ends before its commit has no effect, and can run again': {
    'has an effect outside of its transaction': [
      strayingSubject,
      /rolled back: expected no effect, and counted 1/,
    ],
    'calls a provider in its transaction': [
      { ...subjectOf(callingStep), ...atProvider, placement: 'transactional' },
      /would call the provider "memory" while our transaction is open/,
    ],
  },
  'a step with a lost answer has its effect once, after lookup and the next attempt': {
    'forgets the key': [
      broken({ execute: async () => join(randomUUID()), lookup: async () => ({ outcome: 'absent' }) }),
      /expected one effect, and counted 2/,
    ],
  },
  'a call that the provider has on record is not sent again, even if the provider has forgotten its key': {
    'makes up a key for each attempt': [
      subscribingAnew,
      /answer to call 1 was lost: expected one effect, and counted 2/,
    ],
  },
  'an undo that is tried again sends no call that the provider has on record': {
    'makes up a key for each attempt': [
      subscribingAnew,
      /answer to call 1 was lost: expected no effect, and counted 3/,
    ],
  },
  'lookup of a call that never arrived does not return happened, and has no effect': {
    'finds a call that was never made': [
      broken({ lookup: async () => ({ outcome: 'happened', result: { output: { memberId: 'x' } } }) }),
      /lookup returned happened for a call that never arrived/,
    ],
  },
  'a step with a signal that has aborted has no effect': {
    'ignores the signal': [
      broken({ execute: async () => join(randomUUID()) }),
      /had aborted, the step succeeded/,
    ],
  },
  'a step with undo "undo" can be undone, even if undoing is interrupted and tried again': {
    'has no compensate': [broken({ compensate: undefined }), /has undo "undo" and no compensate/],
    'does not undo its effect': [
      broken({ compensate: async () => undefined }),
      /compensated twice: expected no effect, and counted 1/,
    ],
    'has no effect': [
      broken({ execute: async () => ({ output: { memberId: 'x' } }) }),
      /had no effect that could be counted/,
    ],
    'can not be undone twice': [
      broken({
        compensate: async (_: unknown, __: unknown, { memberId }: { memberId: string }) => {
          if (!effects.delete(memberId)) throw new Error('There is no such member.')
        },
      }),
      /There is no such member/,
    ],
  },
  'preview returns a summary, and has no effect': {
    'has an empty preview': [broken({ preview: () => ({ summary: '' }) }), /preview has no summary/],
    'has an effect in its preview': [
      broken({ preview: () => ({ summary: join(randomUUID()).output.memberId }) }),
      /preview: expected no effect, and counted 1/,
    ],
  },
  'the output can be stored as JSON in the step journal, and parsed again': {
    'has an output that is not JSON': [
      broken({
        output: z.object({ since: z.date() }),
        execute: async () => ({ output: { since: new Date() } }),
      }),
      /The output after it was stored as JSON: expected/,
    ],
  },
  'a refused input is a StepError without personal data, and has no effect': {
    'throws plain errors': [
      broken({ execute: () => Promise.reject(new RangeError('no')) }),
      /the call threw a RangeError\. A plug-in may throw only a StepError/,
    ],
    'quotes personal data': [
      broken({ execute: () => Promise.reject(refusal('not_wanted', 'needs_input', `Not ${refused}.`)) }),
      /the error quotes a secret/,
    ],
  },
  'a step that asks first has no effect until a person agrees': {
    'does not ask first': [
      broken({ execute: async () => join(randomUUID()) }),
      /before a person was asked, the call succeeded/,
    ],
    'has its effect before it asks': [
      broken({
        execute: async () => {
          join(randomUUID())
          throw refusal('approval_required', 'needs_input')
        },
      }),
      /before a person was asked: expected no effect, and counted 1/,
    ],
  },
}

const everyCheck = [...stepChecks(subjectOf(soundStep)), ...stepChecks(strayingSubject)]
testFaults('a step', [faults], everyCheck, stepChecks)

test('a step that keeps the rules passes every check', async () => {
  for (const { run } of stepChecks(subjectOf(soundStep))) await run()
})
