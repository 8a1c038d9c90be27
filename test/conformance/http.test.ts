import { afterAll, describe, test } from 'vitest'
import { billingAdapterChecks } from '../../plugins/conformance/index.ts'
import { startBillingProvider } from '../plugins/http/billing-provider.ts'
import { httpSubject } from './http-subject.ts'

const provider = await startBillingProvider()
afterAll(() => provider.stop())

describe('the billing adapter http', () => {
  for (const { name, run } of billingAdapterChecks(httpSubject(provider))) test(name, run)
})
