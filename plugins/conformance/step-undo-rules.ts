import type { InTransaction, StepContext } from '../plugin-contract.ts'
import { type Check, countingEffects, ensure } from './check.ts'
import { rolledBack } from './rolled-back.ts'
import { aContext, runToEnd } from './step-engine.ts'
import { type StepSubject, transact } from './step-subject.ts'

/** Undoing takes the effect away, also when it has to be begun twice. */
export function undoRules(subject: StepSubject): Check[] {
  const { step } = subject
  if (step.undo === 'keep' && step.compensate === undefined) return []
  return [
    {
      name: `a step whose undo is "${step.undo}" can be undone, also when undoing breaks off and is tried again`,
      async run() {
        ensure(step.compensate !== undefined, `undo is "${step.undo}", and there is no compensate.`)
        const input = await subject.prepareInput()
        await countingEffects(subject, 0, 'Executed and compensated twice', async () => {
          const context = aContext(subject)
          const before = await subject.countEffects()
          const output = await runToEnd(subject, context, input)
          const made = (await subject.countEffects()) - before
          ensure(made !== 0, 'The step had no effect that could be counted, so there is nothing to undo.')
          const undoing = { ...context, idempotencyKey: `${context.idempotencyKey}:undo` }
          await undoTwice(subject, undoing, { input: step.input.parse(input), output: kept(subject, output) })
        })
      },
    },
  ]
}

/** An output goes through JSON before it comes back. */
function kept({ step }: StepSubject, output: unknown): unknown {
  return step.output.parse(JSON.parse(JSON.stringify(output)))
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
      await step.compensate?.({ ...context, ...inside }, input, output)
      if (step.placement === 'by-billing-adapter') await step.unrecord?.(inside, input, output)
    }
    await rolledBack((body) => transact(subject, body), undo)
    await transact(subject, undo)
    return
  }
  ensure(step.placement !== 'transactional', `The step "${step.id}" is transactional.`)
  await step.compensate?.(context, input, output)
  // It died before that was recorded.
  await step.compensate?.(context, input, output)
  if (step.unrecord === undefined) return
  await transact(subject, async (inside) => step.unrecord?.(inside, input, output))
}
