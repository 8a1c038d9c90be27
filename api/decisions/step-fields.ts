import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import { changesBetween } from '../../domain/runs/request-changes.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import type { Run, RunStep } from '../../domain/runs/run-record.ts'
import type { Step } from '../../plugins/plugin-contract.ts'
import type { Registry } from '../../plugins/registry.ts'
import { stepNotInstalled } from '../http/errors.ts'
import { notReadByStep, usedByStep } from '../http/field-errors.ts'
import { toPointer } from '../http/field-problems.ts'
import { applyMergePatch, isObject } from '../http/merge-patch.ts'
import { invalidRequest, problem } from '../http/problem.ts'

/** A planned step. @throws Problem when no enabled plug-in has this version of the step. */
export function installedStep(registry: Registry, planned: PlannedStep): Step {
  const step = registry.step(planned)
  if (step !== undefined) return step
  throw problem(stepNotInstalled, { parameters: { version: planned.version } })
}

/**
 * Refuses a correction of fields that the step does not read, because to change them would have no effect on the step, or that
 * another step has used, because the old value would stay where that step put it.
 * @param patch the correction, a JSON merge patch of the request.
 * @throws Problem with pointers below `/input`.
 */
export function refuseFields(
  registry: Registry,
  run: Pick<Run, 'request' | 'steps' | 'organizationId' | 'userId'>,
  { planned }: RunStep,
  patch: Record<string, unknown>,
): void {
  const { carries = {} } = installedStep(registry, planned)
  const changed = changesBetween(run.request, applyMergePatch(run.request, patch))
  const used = changed.flatMap(({ pointer }) => {
    const other = run.steps.find(
      (step) =>
        step.planned.id !== planned.id &&
        hasUsedInput(step) &&
        registry.reads(step.planned, pointer) &&
        carries[pointer]?.includes(step.planned.id) !== true,
    )
    if (other === undefined) return []
    const parameters = { step: other.planned.id, change: changeOf(pointer, run) }
    return [fieldProblem(pointer, usedByStep, { parameters })]
  })
  refuseInput(used)
  refuseInput(findUnreadFields((pointer) => registry.reads(planned, pointer), patch))
}

/** Whether the step had its effect with the input that it read, or may have had it. */
function hasUsedInput({ status, intentAt }: RunStep): boolean {
  return status === 'done' || status === 'skipped' || intentAt !== null
}

/** The way to change a value that a step has used. */
function changeOf(
  pointer: string,
  { organizationId, userId }: Pick<Run, 'organizationId' | 'userId'>,
): string {
  const [, part] = pointer.split('/')
  if (part === 'company' && organizationId !== null)
    return `change it with \`PATCH /v1/organizations/${organizationId}\``
  if (part === 'user' && userId !== null) return `change it with \`PATCH /v1/users/${userId}\``
  if (part === 'plan' && organizationId !== null)
    return `change it with \`PUT /v1/organizations/${organizationId}/plan\` when the onboarding is closed`
  return 'cancel the run and send a new request'
}

function findUnreadFields(
  reads: (pointer: string) => boolean,
  patch: Record<string, unknown>,
  path: readonly string[] = [],
): FieldProblem[] {
  return Object.entries(patch).flatMap(([key, value]) => {
    const pointer = toPointer([...path, key])
    if (!reads(pointer)) return [fieldProblem(pointer, notReadByStep)]
    return isObject(value) ? findUnreadFields(reads, value, [...path, key]) : []
  })
}

/** @throws Problem when a correction has problems. Their pointers are put below `/input`. */
export function refuseInput(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return
  throw invalidRequest(problems.map((field) => ({ ...field, pointer: `/input${field.pointer}` })))
}
