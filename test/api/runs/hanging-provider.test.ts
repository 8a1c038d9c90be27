import { expect, test } from 'vitest'
import type { LookupResult } from '../../../plugins/plugin-contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { anError, failingSteps } from '../../builders/failing-steps.ts'

/** The size of the pool of connections in production. */
const runs = 20

const provider = failingSteps()
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

  const began = performance.now()
  expect((await api.get('/v1/onboardings')).status).toBe(200)
  // Reading and locking a run that is being undone waits for nobody either.
  expect((await api.post(`/v1/onboardings/${stuck[0]?.body.id}/cancel`)).status).toBeLessThan(500)
  expect(performance.now() - began).toBeLessThan(4_000)

  answer.resolve({ outcome: 'absent' })
  for (const { body } of stuck) await api.until(body.id, 'cancelled')
})
