import { defaultIntervals, type Intervals } from '../domain/runs/intervals.ts'
import type { RunKind, RunRequests } from '../domain/runs/run-requests.ts'
import type { Placement, PlannedStep, RetryPolicy } from '../domain/runs/run-plan.ts'
import { indexSteps, indexVersions, referenceFaults, versionKey } from './check-steps.ts'
import {
  type BillingAdapter,
  type Notifier,
  type Plugin,
  type Providers,
  type Step,
  stepError,
} from './plugin-contract.ts'
import { billingAdapterMissing, notifierMissing } from './errors.ts'
import { type Fault, FaultyPlugins } from './faults.ts'
import { inOrder, predecessorsOf } from './step-order.ts'

const defaultRetry: Omit<RetryPolicy, 'initialInterval'> = {
  backoffCoefficient: 2,
  maximumInterval: 30_000,
  maximumAttempts: 10,
}
const defaultTimeout = 10_000

/** All that the enabled plug-ins bring, checked as a whole once, when a process starts. */
export interface Registry extends Providers {
  /** The steps of new runs by id. */
  steps: ReadonlyMap<string, Step>
  /** The step that a plan names, also one that is retired; undefined when no plug-in brings it in that version. */
  step(planned: Pick<PlannedStep, 'id' | 'version'>): Step | undefined
  billingAdapters: ReadonlyMap<string, BillingAdapter>
  notifiers: ReadonlyMap<string, Notifier>
  /** The adapter for requests that name none. */
  defaultBillingAdapter: string
  /** The ordered steps that this request runs. The result is data: it goes into the workflow as it is. */
  planFor<Kind extends RunKind>(kind: Kind, request: RunRequests[Kind]): PlannedStep[]
  /** Frees what the plug-ins hold. */
  close(): Promise<void>
}

type Called = Exclude<Step, { placement: 'transactional' }>

/** Whether somebody but a person can tell what became of a call of this step whose answer was lost. */
export function canBeAsked(step: Step): step is Called & Required<Pick<Called, 'lookup'>> {
  return step.placement !== 'transactional' && step.lookup !== undefined
}

/**
 * @param plugins in the order of `temporal.config.ts`; the first billing adapter and the first notifier are the defaults.
 * @throws FaultyPlugins when ids repeat, a step needs one that nobody brings, or steps wait for each other.
 */
export function createRegistry(
  plugins: readonly Plugin[],
  { firstRetry, heartbeatTimeout }: Intervals = defaultIntervals,
): Registry {
  const { steps, faults: repeatedSteps } = indexSteps(plugins)
  const { versions, faults: retiredTwice } = indexVersions(plugins, steps)
  const predecessors = predecessorsOf(steps)
  const { ordered, faults: circles } = inOrder(steps, predecessors)
  const adapters = plugins.flatMap((plugin) => plugin.billing ?? [])
  const billingAdapters = new Map(adapters.map(byId))
  const allNotifiers = plugins.flatMap((plugin) => plugin.notifiers ?? [])
  const notifiers = new Map(allNotifiers.map(byId))
  const faults = [
    ...repeatedSteps,
    ...retiredTwice,
    ...referenceFaults(steps),
    ...circles,
    ...repeatedIds('billing adapter', adapters),
    ...repeatedIds('notifier', allNotifiers),
  ]
  if (faults.length > 0) throw new FaultyPlugins(faults)
  const billing = (id: string): BillingAdapter => billingAdapters.get(id) ?? missingAdapter(id)

  return {
    async close() {
      for (const plugin of plugins) await plugin.close?.()
    },
    steps,
    step: (planned) => versions.get(versionKey(planned)),
    billingAdapters,
    notifiers,
    defaultBillingAdapter: billingAdapters.keys().next().value ?? '',
    billing,
    notifier: (): Notifier => notifiers.values().next().value ?? missingNotifier(),
    planFor: (kind, request) => {
      const planned = new Map<string, PlannedStep>()
      for (const step of ordered) {
        const applies = step.operations.includes(kind) && (step.appliesTo?.(request) ?? true)
        if (!applies || !step.needs.every(({ id }) => planned.has(id))) continue
        planned.set(step.id, {
          id: step.id,
          version: step.version,
          title: step.title,
          // A step that this request does not have can't be waited for.
          needs: (predecessors.get(step.id) ?? []).filter((id) => planned.has(id)),
          placement: placementOf(step, request, billingAdapters),
          optional: step.optional ?? false,
          undo: step.undo,
          ...(step.readOnly ? { readOnly: true as const } : {}),
          retry: { initialInterval: firstRetry, ...defaultRetry, ...step.retry },
          timeout: step.timeout ?? defaultTimeout,
          heartbeatTimeout,
        })
      }
      return [...planned.values()]
    },
  }
}

function placementOf(
  step: Step,
  request: RunRequests[RunKind],
  billing: ReadonlyMap<string, BillingAdapter>,
): Placement {
  if (step.placement !== 'by-billing-adapter') return step.placement
  // With several of them, the step is external as soon as one is. One that is not enabled any more is found missing by the
  // step: such a run waits for a person, and holds up no other.
  const isTransactional = (id: string) => billing.get(id)?.capabilities.transactional === true
  return billingAdaptersIn(request).every(isTransactional) ? 'transactional' : 'external'
}

/** The adapters that a request of any kind is about. */
function billingAdaptersIn(request: RunRequests[RunKind]): string[] {
  if ('plan' in request && request.plan !== undefined) return [request.plan.billingAdapter]
  const ids: string[] = []
  if ('subscription' in request && request.subscription !== null)
    ids.push(request.subscription.billingAdapter)
  if ('billingAdapter' in request) ids.push(request.billingAdapter)
  return ids
}

function repeatedIds(kind: string, items: readonly { id: string }[]): Fault[] {
  const ids = items.map(({ id }) => id)
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map((id) => ({
    message: `Several plug-ins bring a ${kind} named "${id}".`,
    nextAction: 'Remove all but one of them.',
  }))
}

function byId<Item extends { id: string }>(item: Item): [string, Item] {
  return [item.id, item]
}

function missingAdapter(id: string): never {
  throw stepError(billingAdapterMissing, { parameters: { id } })
}

function missingNotifier(): never {
  throw stepError(notifierMissing)
}
