import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StepError } from '../../../plugins/plugin-contract.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

// What came of a call is known to one process only: it must not get lost because the database is away just then.

let runner: StepRunner
beforeAll(async () => {
  runner = await startStepRunner()
  await sql`create sequence refusals`.execute(runner.db)
})
afterAll(() => runner.close())

const call = plannedStep('call')
const starting = '57P03'

beforeEach(async () => {
  runner.reset()
  await runner.accept([call])
})

/** Postgres refuses the next commits that would give a step this status, with this error. */
async function refuseCommits(status: string, errorCode: string, times: number): Promise<void> {
  await sql`alter sequence refusals restart`.execute(runner.db)
  await sql
    .raw(`create or replace function refuse() returns trigger language plpgsql as $$
      begin
        if new.status = '${status}' and nextval('refusals') <= ${times} then
          raise exception 'It is away.' using errcode = '${errorCode}';
        end if;
        return new;
      end $$`)
    .execute(runner.db)
  await sql`create or replace trigger refuse before insert or update on step_runs for each row execute function refuse()`.execute(
    runner.db,
  )
}

describe('while the database is away', () => {
  test('what a call did is recorded as soon as it is back, and the call is not repeated', async () => {
    await refuseCommits('done', starting, 2)
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call'])
    expect(await runner.ledger(call)).toMatchObject({ status: 'done', attempts: 1 })
  })

  test('why a call failed is recorded as soon as it is back', async () => {
    await refuseCommits('needs_attention', starting, 2)
    runner.script.set('execute call', () => {
      throw new StepError({ class: 'needs_input', code: 'crm_says_no', message: 'No.', nextAction: 'Ask.' })
    })
    expect(await failureOf(runner.run(call))).toMatchObject({ details: [{ recorded: true }] })
    expect(await runner.ledger(call)).toMatchObject({ status: 'needs_attention', attempts: 1 })
  })
})

test('an outcome that the database refuses for good is not tried for ever', async () => {
  await refuseCommits('done', '23514', 1)
  expect(await failureOf(runner.run(call))).toMatchObject({ type: 'unexpected' })
  expect(await runner.ledger(call)).toMatchObject({ status: 'retrying', intentAt: expect.any(Date) })
})

test('a failure before its call is left to the run, which records it once the database is back', async () => {
  await refuseCommits('retrying', starting, 1)
  const elsewhere = { ...call, version: 2 }
  expect(await failureOf(runner.run(elsewhere))).toMatchObject({
    type: 'step_missing',
    details: [{ recorded: false }],
  })
  expect(await runner.ledger(call)).toBeUndefined()
})
