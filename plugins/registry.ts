import type { AddAccountRequest } from '../domain/add-account.ts'
import type { Placement, PlannedStep, RetryPolicy } from '../domain/run-plan.ts'
import {
  type BillingAdapter,
  type Notifier,
  type Plugin,
  type Providers,
  type Step,
  StepError,
} from './contract.ts'

const defaultRetry: RetryPolicy = {
  initialInterval: 1_000,
  backoffCoefficient: 2,
  maximumInterval: 30_000,
  maximumAttempts: 10,
}
const defaultTimeout = 10_000

/** All that the enabled plug-ins bring, checked as a whole once, when a process starts. */
export interface Registry extends Providers {
  steps: ReadonlyMap<string, Step>
  billingAdapters: ReadonlyMap<string, BillingAdapter>
  /** The adapter for requests that name none. */
  defaultBillingAdapter: string
  /** The ordered steps that this request runs. The result is data: it goes into the workflow as it is. */
  planFor(request: AddAccountRequest): PlannedStep[]
  /** Frees what the plug-ins hold. */
  close(): Promise<void>
}

/**
 * @param plugins in the order of `temporal.config.ts`; the first billing adapter and the first notifier are the defaults.
 * @throws Error, one line, when ids repeat, a step needs one that nobody brings, or needs form a cycle.
 */
export function createRegistry(plugins: readonly Plugin[]): Registry {
  const steps = indexById(
    'step',
    plugins.flatMap((plugin) => plugin.steps ?? []),
  )
  const billingAdapters = indexById(
    'billing adapter',
    plugins.flatMap((plugin) => plugin.billing ?? []),
  )
  const notifiers = indexById(
    'notifier',
    plugins.flatMap((plugin) => plugin.notifiers ?? []),
  )
  const ordered = inOrderOfNeeds(steps)
  const billing = (id: string): BillingAdapter => billingAdapters.get(id) ?? missingAdapter(id)

  return {
    async close() {
      for (const plugin of plugins) await plugin.close?.()
    },
    steps,
    billingAdapters,
    defaultBillingAdapter: billingAdapters.keys().next().value ?? '',
    billing,
    notifier: (): Notifier => notifiers.values().next().value ?? missingNotifier(),
    planFor: (request) => {
      const applying = ordered.filter((step) => step.appliesTo?.(request) ?? true)
      const ids = new Set(applying.map((step) => step.id))
      return applying.map((step) => ({
        id: step.id,
        version: step.version,
        title: step.title,
        // A step that this request does not have can't be waited for.
        needs: step.needs.filter((need) => ids.has(need)),
        placement: placementOf(step, request, billing),
        optional: step.optional ?? false,
        undo: step.undo,
        retry: { ...defaultRetry, ...step.retry },
        timeout: step.timeout ?? defaultTimeout,
      }))
    },
  }
}

function placementOf(
  step: Step,
  request: AddAccountRequest,
  billing: (id: string) => BillingAdapter,
): Placement {
  if (step.placement !== 'by-billing-adapter') return step.placement
  if (request.plan === undefined) return 'transactional'
  return billing(request.plan.billingAdapter).capabilities.transactional ? 'transactional' : 'external'
}

function indexById<Item extends { id: string }>(kind: string, items: readonly Item[]): Map<string, Item> {
  const index = new Map<string, Item>()
  for (const item of items) {
    if (index.has(item.id))
      throw new Error(`Two plug-ins bring a ${kind} named "${item.id}". Remove one of them.`)
    index.set(item.id, item)
  }
  return index
}

/** Depth first, in the order the plug-ins declare, so that a plan reads the same every time. */
function inOrderOfNeeds(steps: ReadonlyMap<string, Step>): Step[] {
  const ordered = new Set<Step>()
  const visit = (step: Step, trail: readonly string[]): void => {
    if (ordered.has(step)) return
    if (trail.includes(step.id))
      throw new Error(`Steps need each other in a circle: ${[...trail, step.id].join(' → ')}.`)
    for (const need of step.needs) {
      const needed = steps.get(need)
      if (needed === undefined) throw new Error(`Step "${step.id}" needs "${need}", which no plug-in brings.`)
      visit(needed, [...trail, step.id])
    }
    ordered.add(step)
  }
  for (const step of steps.values()) visit(step, [])
  return [...ordered]
}

function missingAdapter(id: string): never {
  throw new StepError({
    class: 'terminal',
    code: 'billing_adapter_missing',
    message: `No enabled plug-in brings the billing adapter "${id}".`,
    nextAction: 'Enable the plug-in in temporal.config.ts, or choose another billing adapter.',
  })
}

function missingNotifier(): never {
  throw new StepError({
    class: 'retryable',
    code: 'notifier_missing',
    message: 'No enabled plug-in can send messages to people.',
    nextAction: 'Enable a notifier plug-in in temporal.config.ts, then retry.',
  })
}
