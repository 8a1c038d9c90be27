import { afterAll, describe, expect, test } from 'vitest'
import { stepChecks } from '../../plugins/conformance/kits.ts'
import { accountSteps } from './subjects/account-steps.ts'
import { billingSteps } from './subjects/billing-steps.ts'
import { readBuiltIn } from './built-in.ts'
import { endingSteps } from './subjects/ending-steps.ts'
import { planSteps } from './subjects/plan-steps.ts'
import { startStepStage } from './subjects/step-stage.ts'
import { switchSteps } from './subjects/switch-steps.ts'
import { transactIn } from './subjects/transact.ts'

const stage = await startStepStage()
afterAll(() => stage.close())

const subjects = {
  ...accountSteps(stage),
  ...planSteps(stage),
  ...switchSteps(stage),
  ...endingSteps(stage),
  ...billingSteps(stage),
}

describe.each(Object.entries(subjects))('the step %s', (_, particulars) => {
  const checks = stepChecks({
    placement: 'transactional',
    providers: stage.registry,
    transact: transactIn(stage.db),
    ...particulars,
  })
  for (const { name, run } of checks) test(name, run)
})

test('every built-in step is checked here, and one placed by its billing adapter in both places', async () => {
  const checked = Object.values(subjects).map(
    ({ step, placement = 'transactional' }) => `${step.id} ${placement}`,
  )
  const { steps } = await readBuiltIn(stage.db)
  const expected = steps.flatMap(({ id, placement }) =>
    placement === 'by-billing-adapter' ? [`${id} transactional`, `${id} external`] : [`${id} ${placement}`],
  )
  expect([...new Set(checked)].toSorted()).toEqual(expected.toSorted())
})
