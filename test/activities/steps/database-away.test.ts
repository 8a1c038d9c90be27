import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, failing } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

// Only one process knows the outcome of a call. It must not be lost because the database is away at that moment.

const runner = await startStepRunnerForFile([call])
beforeAll(async () => {
  await sql`create sequence refusals`.execute(runner.db)
})

/** The error code of a Postgres that is starting. */
const cannotConnectNow = '57P03'

/** Makes Postgres refuse, with this error, the next `times` changes that give a step this status. */
async function refuseStatus(status: string, errorCode: string, times: number): Promise<void> {
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
  test('the result of a call is recorded when the database is back, and the call is not repeated', async () => {
    await refuseStatus('done', cannotConnectNow, 2)
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call'])
    expect(await runner.entry(call)).toMatchObject({ status: 'done', attempts: 1 })
  })

  test('the failure of a call is recorded when the database is back', async () => {
    await refuseStatus('needs_attention', cannotConnectNow, 2)
    runner.script.set('execute call', failing('needs_input'))
    expect(await failureOf(runner.run(call))).toMatchObject({ details: [{ recorded: true }] })
    expect(await runner.entry(call)).toMatchObject({ status: 'needs_attention', attempts: 1 })
  })
})

test('an outcome that the database refuses with another error is recorded only once, and the attempt fails', async () => {
  await refuseStatus('done', '23514', 1)
  expect(await failureOf(runner.run(call))).toMatchObject({ type: 'unexpected' })
  expect(await runner.entry(call)).toMatchObject({ status: 'retrying', intentAt: expect.any(Date) })
})

test('a failure before the call is not recorded by the attempt, but left to the run', async () => {
  await refuseStatus('retrying', cannotConnectNow, 1)
  const elsewhere = { ...call, version: 2 }
  expect(await failureOf(runner.run(elsewhere))).toMatchObject({
    type: 'step_missing',
    details: [{ recorded: false }],
  })
  expect(await runner.entry(call)).toBeUndefined()
})
