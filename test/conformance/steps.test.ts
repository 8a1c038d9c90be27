import { afterAll, describe, expect, test } from 'vitest'
import { stepChecks } from '../../plugins/conformance/kits.ts'
import { accountSteps } from './subjects/account-steps.ts'
import { billingSteps } from './subjects/billing-steps.ts'
import { readBuiltIn } from './built-in.ts'
import { endingSteps } from './subjects/ending-steps.ts'
import { planSteps } from './subjects/plan-steps.ts'
import { startStepEnvironment } from './subjects/step-environment.ts'
import { switchSteps } from './subjects/switch-steps.ts'
import { transactIn } from './subjects/in-database.ts'

const environment = await startStepEnvironment()
afterAll(() => environment.close())

const subjects = {
  ...accountSteps(environment),
  ...planSteps(environment),
  ...switchSteps(environment),
  ...endingSteps(environment),
  ...billingSteps(environment),
}

describe.each(Object.entries(subjects))('the step %s', (_, particulars) => {
  const checks = stepChecks({
    placement: 'transactional',
    providers: environment.registry,
    transact: transactIn(environment.db),
    ...particulars,
  })
  for (const { name, run } of checks) test(name, run)
})

test('every built-in step is checked, and a step placed by its billing adapter with both placements', async () => {
  const checked = Object.values(subjects).map(
    ({ step, placement = 'transactional' }) => `${step.id} ${placement}`,
  )
  const { steps } = await readBuiltIn(environment.db)
  const expected = steps.flatMap(({ id, placement }) =>
    placement === 'by-billing-adapter' ? [`${id} transactional`, `${id} external`] : [`${id} ${placement}`],
  )
  expect([...new Set(checked)].toSorted()).toEqual(expected.toSorted())
})
