import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { stepChecks, type StepSubject } from '../../plugins/conformance/kits.ts'
import { defineStep, type Step, StepError } from '../../plugins/plugin-contract.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { freshDatabase } from '../stack/database.ts'
import { verdict } from './broken.ts'
import { transactIn } from './subjects/transact.ts'

const { db, drop } = await freshDatabase()
afterAll(drop)

const effects = new Set<string>()
const input = z.object({ email: z.string() })
const output = z.object({ memberId: z.string() })
const refused = 'nobody@conformance.example'

/** What the steps here do outside: a call with the same key again does nothing more. */
function join(key: string): { output: { memberId: string } } {
  effects.add(key)
  return { output: { memberId: key } }
}

const around = {
  id: 'join-club',
  version: 1,
  title: 'Join the club',
  input,
  output,
  undo: 'undo' as const,
  preview: () => ({ summary: 'Join the club.' }),
}

/** A step that keeps every rule of those that call somebody else, and of those that ask first. */
const outside = defineStep({
  ...around,
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

function subjectOf(step: Step, particulars: Partial<StepSubject> = {}): StepSubject {
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
    ...particulars,
  }
}

/** A step that should stay in its transaction, and does not. */
const straying = defineStep({
  ...around,
  placement: 'transactional',
  undo: 'keep',
  execute: async () => join(randomUUID()),
})

/** The good step, broken in one way. */
const broken = (change: object): Step => ({ ...outside, ...change })

const dies = 'a step that dies before its commit has no effect, and runs again'
const lost = 'a step whose answer is lost has its effect once, after the look-up and the next attempt'
const lookup = 'the look-up of a call that never arrived does not say that it happened, and has no effect'
const undo = 'a step whose undo is "undo" can be undone, also when undoing breaks off and is tried again'
const kept = 'the output survives JSON and parses again, as undoing and later steps read it from the ledger'
const refuses = 'an input that the step refuses is a StepError without personal data, and has no effect'

const asks = 'a step that asks first waits for a person, and has no effect until then'

const cases: [string, string, Step, RegExp, Partial<StepSubject>?][] = [
  [
    'does not stay in its transaction',
    dies,
    straying,
    /rolled back: expected no effect, and counted 1/,
    { placement: 'transactional' },
  ],
  [
    'forgets the key',
    lost,
    broken({
      execute: async () => join(randomUUID()),
      lookup: async () => ({ outcome: 'absent' }),
    }),
    /expected one effect, and counted 2/,
  ],
  [
    'finds what never was',
    lookup,
    broken({ lookup: async () => ({ outcome: 'happened', result: { output: { memberId: 'x' } } }) }),
    /says that a call happened which never arrived/,
  ],
  [
    'ignores the signal',
    'a step whose signal has aborted has no effect',
    broken({ execute: async () => join(randomUUID()) }),
    /had aborted, the step says that it succeeded/,
  ],
  [
    'can not be undone',
    undo,
    broken({ compensate: undefined }),
    /undo is "undo", and there is no compensate/,
  ],
  [
    'only says that it undoes',
    undo,
    broken({ compensate: async () => undefined }),
    /compensated twice: expected no effect, and counted 1/,
  ],
  [
    'has nothing to undo',
    undo,
    broken({ execute: async () => ({ output: { memberId: 'x' } }) }),
    /had no effect that could be counted/,
  ],
  [
    'can not be undone twice',
    undo,
    broken({
      compensate: async (_: unknown, __: unknown, { memberId }: { memberId: string }) => {
        if (!effects.delete(memberId)) throw new Error('There is no such member.')
      },
    }),
    /There is no such member/,
  ],
  [
    'says nothing in its preview',
    'preview says in words what the step would do, and has no effect',
    broken({ preview: () => ({ summary: '' }) }),
    /preview has no summary/,
  ],
  [
    'has an effect in its preview',
    'preview says in words what the step would do, and has no effect',
    broken({ preview: () => ({ summary: join(randomUUID()).output.memberId }) }),
    /preview: expected no effect, and counted 1/,
  ],
  [
    'answers what JSON can not carry',
    kept,
    broken({
      output: z.object({ since: z.date() }),
      execute: async () => ({ output: { since: new Date() } }),
    }),
    /The output after it went through JSON: expected/,
  ],
  [
    'throws plain errors',
    refuses,
    broken({ execute: () => Promise.reject(new RangeError('no')) }),
    /it throws a RangeError\. Only a StepError may leave a plug-in/,
  ],
  [
    'quotes personal data',
    refuses,
    broken({ execute: () => Promise.reject(refusal('not_wanted', 'needs_input', `Not ${refused}.`)) }),
    /the error quotes a secret/,
  ],
  [
    'does not ask',
    asks,
    broken({ execute: async () => join(randomUUID()) }),
    /before anybody was asked, the call says that it succeeded/,
  ],
  [
    'has its effect before it asks',
    asks,
    broken({
      execute: async () => {
        join(randomUUID())
        throw refusal('approval_required', 'needs_input')
      },
    }),
    /before anybody was asked: expected no effect, and counted 1/,
  ],
]

test.each(cases)('a step that %s is found out by: %s', async (_, name, step, expected, particulars) => {
  expect(await verdict(stepChecks(subjectOf(step, particulars)), name)).toMatch(expected)
})

test('a step that keeps the rules passes', async () => {
  for (const { run } of stepChecks(subjectOf(outside))) await run()
})

test('every check of the kit is seen to fail here', () => {
  const seen = new Set(cases.map(([, name]) => name))
  const checks = [
    ...stepChecks(subjectOf(outside)),
    ...stepChecks(subjectOf(straying, { placement: 'transactional' })),
  ]
  expect(checks.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
})
