import type { BillingAdapter } from './billing.ts'
import type { Notifier } from './notifier.ts'
import type { Step } from './step.ts'

/** A plug-in: one folder or npm package, and one line of `temporal.config.ts`. */
export interface Plugin {
  /** The name of the plug-in in messages, such as `crm`. */
  name: string
  /** The steps of new runs. Default: none. If two plug-ins have a step with the same id, no process starts. */
  steps?: readonly Step[]
  /**
   * Steps that only open runs use: earlier versions of those in `steps`, and steps that were removed. Keep them until no open run
   * has them in its run plan. Default: none. If a version exists twice, no process starts.
   */
  retired?: readonly Step[]
  /**
   * The billing adapters. Default: none. The first one of all plug-ins, in the order of `temporal.config.ts`, is used for
   * requests that name none. If two plug-ins have an adapter with the same id, no process starts.
   */
  billing?: readonly BillingAdapter[]
  /**
   * The notifiers. Default: none. The first one of all plug-ins, in the order of `temporal.config.ts`, is the one in use. If two
   * plug-ins have a notifier with the same id, no process starts.
   */
  notifiers?: readonly Notifier[]
  /** Frees the resources of the plug-in, such as connections. Called once, when the process ends. Default: nothing to free. */
  close?(): Promise<void> | void
}

/**
 * Declares a plug-in, for `plugins` in `temporal.config.ts`. A plug-in with settings is a function that takes the settings and
 * returns the plug-in.
 *
 * @example
 * ```ts
 * import { definePlugin, type Plugin, type Step } from 'tenantry'
 *
 * export function crm({ steps }: { steps: Step[] }): Plugin {
 *   return definePlugin({ name: 'crm', steps })
 * }
 * ```
 */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin
}
