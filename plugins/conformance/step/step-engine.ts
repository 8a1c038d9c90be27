import { randomUUID } from 'node:crypto'
import {
  askFirst,
  inTransaction,
  type InTransaction,
  type StepContext,
  type StepResult,
} from '../../plugin-contract.ts'
import { ensure } from '../check.ts'
import { type StepSubject, transact } from './step-subject.ts'

/** The context of the first attempt of a step in a new run, or, if the step asks first, of the attempt after a person agreed. */
export function newContext({ step, providers, asksFirst = false }: StepSubject): StepContext {
  const runId = `onb_${randomUUID().replaceAll('-', '')}`
  const idempotencyKey = `${runId}:${step.id}:1`
  return {
    runId,
    idempotencyKey,
    signal: new AbortController().signal,
    now: new Date(),
    retries: asksFirst ? 1 : 0,
    billing: (id) => askFirst(providers.billing(id), idempotencyKey),
    notifier: () => providers.notifier(),
  }
}

/** The context of a later attempt to execute the step. */
export function nextAttempt({ providers }: StepSubject, first: StepContext): StepContext {
  return { ...first, billing: (id) => askFirst(providers.billing(id)) }
}

/** The context of an attempt to undo the step. */
export function undoing(subject: StepSubject, executed: StepContext): StepContext {
  return { ...nextAttempt(subject, executed), idempotencyKey: `${executed.idempotencyKey}:undo` }
}

/** Executes the step and records its result in the given transaction. */
export async function executeInside(
  { step }: StepSubject,
  context: StepContext & InTransaction,
  rawInput: unknown,
): Promise<StepResult<unknown>> {
  ensure(
    step.placement !== 'external',
    `The step "${step.id}" is external: it cannot run in our transaction.`,
  )
  const input = step.input.parse(rawInput)
  const result = await step.execute(context, input)
  const output = step.output.parse(result.output)
  if (step.placement === 'by-billing-adapter') await step.record?.(context, input, output)
  return { ...result, output }
}

/** Executes the step outside of any transaction, and records nothing, as if its answer had been lost. */
export async function callOutside(
  { step }: StepSubject,
  context: StepContext,
  rawInput: unknown,
): Promise<StepResult<unknown>> {
  ensure(
    step.placement !== 'transactional',
    `The step "${step.id}" is transactional: it needs our transaction.`,
  )
  const result = await step.execute(context, step.input.parse(rawInput))
  return { ...result, output: step.output.parse(result.output) }
}

/** Calls `record` of an external step, if it has one. */
export async function recordOutside(subject: StepSubject, rawInput: unknown, output: unknown): Promise<void> {
  const { step } = subject
  if (step.placement === 'transactional' || step.record === undefined) return
  await transact(subject, async (context) => step.record?.(context, step.input.parse(rawInput), output))
}

/** Executes and records the step without a fault. @returns its output. */
export async function runToEnd(subject: StepSubject, context: StepContext, input: unknown): Promise<unknown> {
  if (subject.placement === 'transactional') {
    const result = await transact(subject, (inside) =>
      executeInside(subject, inTransaction(context, inside), input),
    )
    return result.output
  }
  const { output } = await callOutside(subject, context, input)
  await recordOutside(subject, input, output)
  return output
}

/** Does what the engine does after an unknown outcome. @returns the output, or undefined when a person has to decide. */
export async function afterLookup(
  subject: StepSubject,
  input: unknown,
  first: StepContext,
): Promise<unknown> {
  const { step } = subject
  if (step.placement === 'transactional' || step.lookup === undefined) return undefined
  const context = nextAttempt(subject, first)
  const found = await step.lookup(context, step.input.parse(input))
  if (found.outcome === 'unknown') return undefined
  if (found.outcome === 'absent' || found.outcome === 'either')
    return (await callOutside(subject, context, input)).output
  return step.output.parse(found.result.output)
}

/** The output as `compensate` gets it: stored as JSON in the step journal, and parsed again. */
export function storedOutput({ step }: StepSubject, output: unknown): unknown {
  return step.output.parse(JSON.parse(JSON.stringify(output)))
}
