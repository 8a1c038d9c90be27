import { expect, test } from 'vitest'
import { onboarding } from '../../../api/runs/onboarding-schemas.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization } from '../../builders/organization.ts'
import { makeStuck } from '../../builders/stuck-run.ts'
import { firstTwoPages, idsOf, itemsOf, pointersOf, startApiForFile } from '../api-under-test.ts'

const ids: string[] = []

const api = await startApiForFile()
const partner = await anOrganization(api.db, api.platformId)
const partnerKey = await api.keyFor(partner)
for (const parent of ['root', 'root', partner]) {
  ids.push(await api.addAccount({ parent, body: anAccountBody({ email: `ada${ids.length}@example.com` }) }))
}
await makeStuck(api.db, ids[1] ?? '')

test('An onboarding shows the stuck step, its error and the next action', async () => {
  const answer = await api.get(`/v1/onboardings/${ids[1]}`)
  const shown = onboarding.parse(answer.body)
  expect(shown.status).toBe('needs_attention')
  expect(shown.steps.find(({ id }) => id === 'create-user')).toMatchObject({
    status: 'needs_attention',
    attempts: 1,
    error: { code: 'email_taken', class: 'needs_input', nextAction: 'Use another one.' },
  })
  expect(shown.workflow.uiUrl).toBe(
    `http://localhost:8233/namespaces/default/workflows/add-account-${ids[1]}`,
  )
})

test('Onboardings are listed page by page, newest first', async () => {
  const [first, second] = await firstTwoPages(api, '/v1/onboardings?limit=2')
  expect(idsOf([...itemsOf(first), ...itemsOf(second)])).toEqual(ids.toReversed())
  expect(second.body.nextCursor).toBeNull()
})

test.each([
  ['status=needs_attention', [1]],
  ['step=create-user', [1]],
  ['step=create-user&code=email_taken', [1]],
  ['code=something_else', []],
  ['status=completed', []],
  ['organizationId=org_none', []],
])('The list filters by %s', async (query, expected) => {
  const answer = await api.get(`/v1/onboardings?${query}`)
  expect(idsOf(itemsOf(answer))).toEqual(expected.map((index) => ids[index]))
})

test('A partner sees only the onboardings below itself', async () => {
  const list = await api.get('/v1/onboardings', { key: partnerKey })
  expect(idsOf(itemsOf(list))).toEqual([ids[2]])
  for (const path of [`${ids[0]}`, `${ids[0]}/events`, 'onb_nonsense']) {
    expect((await api.get(`/v1/onboardings/${path}`, { key: partnerKey })).status).toBe(404)
  }
  const cancel = await api.send('POST', `/v1/onboardings/${ids[0]}/cancel`, { key: partnerKey })
  expect(cancel.status).toBe(404)
})

test.each(['limit=0', 'limit=x', 'cursor=abc', 'status=sleeping', 'colour=red'])(
  'The query %s is refused by the name of the parameter',
  async (query) => {
    const answer = await api.get(`/v1/onboardings?${query}`)
    expect(answer.status).toBe(400)
    expect(pointersOf(answer)).toEqual([`/query/${query.split('=')[0]}`])
  },
)
