import { inTransaction, type InTransaction, type StepContext } from '../../plugin-contract.ts'
import { type Check, expectEffects, ensure } from '../check.ts'
import { rolledBack } from '../rolled-back.ts'
import { newContext, runToEnd, storedOutput, undoing } from './step-engine.ts'
import { type StepSubject, transact } from './step-subject.ts'

/** The rule for undoing: `compensate` removes the effect, also when it is called twice. */
export function undoRules(subject: StepSubject): Check[] {
  const { step } = subject
  if (step.undo === 'keep' && step.compensate === undefined) return []
  return [
    {
      name: `a step with undo "${step.undo}" can be undone, even if undoing is interrupted and tried again`,
      async run() {
        ensure(step.compensate !== undefined, `The step has undo "${step.undo}" and no compensate.`)
        const input = await subject.prepareInput()
        await expectEffects(subject, 0, 'Executed and compensated twice', async () => {
          const context = newContext(subject)
          const before = await subject.countEffects()
          const output = await runToEnd(subject, context, input)
          const executed = (await subject.countEffects()) - before
          ensure(
            executed !== 0,
            'The step had no effect that could be counted, so undoing it cannot be checked.',
          )
          await undoTwice(subject, undoing(subject, context), {
            input: step.input.parse(input),
            output: storedOutput(subject, output),
          })
        })
      },
    },
  ]
}

async function undoTwice(
  subject: StepSubject,
  context: StepContext,
  { input, output }: { input: unknown; output: unknown },
): Promise<void> {
  const { step } = subject
  if (subject.placement === 'transactional') {
    ensure(step.placement !== 'external', `The step "${step.id}" is external.`)
    const undo = async (inside: InTransaction) => {
      await step.compensate?.(inTransaction(context, inside), input, output)
      if (step.placement === 'by-billing-adapter') await step.unrecord?.(inside, input, output)
    }
    await rolledBack((body) => transact(subject, body), undo)
    await transact(subject, undo)
    return
  }
  ensure(step.placement !== 'transactional', `The step "${step.id}" is transactional.`)
  await step.compensate?.(context, input, output)
  // The worker ended before it recorded the undoing, so the engine calls `compensate` again.
  await step.compensate?.(context, input, output)
  if (step.unrecord === undefined) return
  await transact(subject, async (inside) => step.unrecord?.(inside, input, output))
}
