import { expect, test } from 'vitest'
import type { LookupResult } from '../../../plugins/plugin-contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { anError, failingSteps } from '../../builders/failing-steps.ts'

/** The size of the pool of connections in production. */
const runs = 20

const provider = failingSteps({ timeout: 60_000 })
const { api } = await startEngineForFile({ plugins: [provider.plugin] })

test('the API answers while a provider that hangs is asked about the lost answers of 20 cancelled runs', async () => {
  provider.execute.push(...Array.from({ length: runs }, () => anError('unknown_outcome')))
  const stuck = await Promise.all(
    Array.from({ length: runs }, (_, number) =>
      api.addAccount(anAccountBody({ name: `Northwind ${number}` })),
    ),
  )
  expect(stuck.map(({ body }) => body.status)).toEqual(stuck.map(() => 'needs_attention'))
  const answer = Promise.withResolvers<LookupResult<{ answer: string }>>()
  provider.found = answer.promise
  for (const { body } of stuck) expect((await api.post(`/v1/onboardings/${body.id}/cancel`)).status).toBe(202)
  const asked = () => provider.calls.filter((call) => call === 'lookup').length
  await expect.poll(asked, { timeout: 20_000 }).toBe(runs)

  expect((await api.get('/v1/onboardings')).status).toBe(200)
  // The row of a run that is being undone is not locked either, so the API says at once that the run is being cancelled.
  expect((await api.post(`/v1/onboardings/${stuck[0]?.body.id}/cancel`)).status).toBe(409)

  answer.resolve({ outcome: 'absent' })
  for (const { body } of stuck) await api.until(body.id, 'cancelled')
})
