import { approvalAndFlatFee } from 'tenantry-approval-and-flat-fee'
import { afterAll, describe, test } from 'vitest'
import { billingAdapterChecks, stepChecks } from '../../plugins/conformance/kits.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { startRecordsService } from '../examples/records-service.ts'
import { freshDatabase } from '../stack/database.ts'
import { flatFeeSubject, recordsToken } from './subjects/flat-fee-subject.ts'
import { countRows, transactIn } from './subjects/in-database.ts'

const { db, drop } = await freshDatabase()
const service = await startRecordsService(recordsToken)
afterAll(async () => {
  service.close()
  await drop()
})

const { steps = [] } = approvalAndFlatFee({
  url: service.url,
  token: recordsToken,
  amount: 4_900,
  currency: 'EUR',
})

describe('the example’s billing adapter', () => {
  for (const { name, run } of billingAdapterChecks(flatFeeSubject(service))) test(name, run)
})

describe.each(steps.map((step) => [step.id, step] as const))('the example’s step %s', (_, step) => {
  const checks = stepChecks({
    step,
    placement: 'transactional',
    asksFirst: true,
    providers: createRegistry([]),
    request: { type: 'customer', company: { name: 'Contoso', country: 'US', state: 'US-WA' } },
    prepareInput: async () => ({}),
    transact: transactIn(db),
    // The step has no effect itself. It must not let the account be created.
    countEffects: () => countRows(db, 'organizations'),
  })
  for (const { name, run } of checks) test(name, run)
})
