import { expect, test } from 'vitest'
import { startApi } from './api-under-test.ts'
import { addAccountExamples } from '../../api/schemas/add-account.ts'

test('smoke', async () => {
  const api = await startApi()
  try {
    for (const body of Object.values(addAccountExamples)) {
      const answer = await api.send('POST', '/v1/organizations/root/accounts', { body })
      console.log(answer.status, JSON.stringify(answer.body))
    }
    const bad = await api.send('POST', '/v1/organizations/root/accounts', { body: { type: 'customer', x: 1, company: { state: 'Nowhere', 'a/b': 1, phone: '12' }, user: {email: 'x', fullName: 'a\u0000b'} } })
    console.log(bad.status, JSON.stringify(bad.body, null, 1))
    const review = await api.send('POST', '/v1/organizations/root/accounts?validateOnly=true', { body: addAccountExamples.customerOnTrial })
    console.log(review.status, JSON.stringify(review.body, null, 1))
    for (const url of ['/v1/organizations', '/v1/organizations/root', '/v1/organizations/root/children', '/v1/organizations/root/licenses', '/v1/organizations/root/users', '/v1/onboardings?limit=1', '/health/ready', '/problems/not_found', '/nothing', '/v1/onboardings?nope=1', '/v1/onboardings?step=x&code=y']) {
      const a = await api.send('GET', url)
      console.log(url, a.status, a.text.slice(0, 700))
    }
    console.log((await api.send('POST', '/v1/organizations')).text)
    const doc = await api.send('GET', '/openapi.json')
    console.log(doc.status, doc.text.length, doc.text.slice(0, 300))
    require('fs').writeFileSync('/tmp/openapi.json', doc.text)
    console.log((await api.send('GET', '/docs/')).status, (await api.send('GET', '/docs/')).headers)
    console.log(api.log.join('').slice(0, 3000))
    console.log(api.temporal.started.length)
  } finally { await api.close() }
  expect(1).toBe(1)
})
