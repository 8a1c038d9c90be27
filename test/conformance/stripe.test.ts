import { afterAll, describe, test } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/index.ts'
import { startLocalstripe } from '../stack/stripe/localstripe.ts'
import { stripeSubject } from './stripe-subject.ts'

const server = await startLocalstripe()
afterAll(() => server.stop())

describe('the billing adapter stripe', () => {
  for (const { name, run } of billingAdapterChecks(stripeSubject(server))) test(name, run)
})
