import type { BillingAdapter } from './billing.ts'
import type { Notifier } from './notifier.ts'
import type { Step } from './step.ts'

/** What one plug-in brings. A plug-in is one folder, or one npm package, and one line of `temporal.config.ts`. */
export interface Plugin {
  name: string
  steps?: readonly Step[]
  /**
   * Steps that no new run gets: earlier versions of those in `steps`, and steps that were removed. Kept for the runs under way
   * that have them in their plan, until none is left.
   */
  retired?: readonly Step[]
  billing?: readonly BillingAdapter[]
  notifiers?: readonly Notifier[]
  /** Frees what the plug-in holds, such as pooled connections, when the process ends. */
  close?(): Promise<void> | void
}

/**
 * Declares a plug-in: what a package, or a folder here, exports to be named in the `plugins` of `temporal.config.ts`. One
 * that has settings is a function which is given them there.
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
