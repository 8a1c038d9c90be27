import type { BillingAdapter } from './billing.ts'
import type { Notifier } from './notifier.ts'
import type { Step } from './step.ts'

/** What one plug-in brings. A plug-in is one folder, or one npm package, and one line of `temporal.config.ts`. */
export interface Plugin {
  /** How messages about the plug-in call it, such as `crm`. */
  name: string
  /** The steps of new runs. Default: none. A step id that two plug-ins bring stops the start. */
  steps?: readonly Step[]
  /**
   * Steps that no new run gets: earlier versions of those in `steps`, and steps that were removed. Keep them until no run has
   * them in its plan any more. Default: none. A version that is there twice stops the start.
   */
  retired?: readonly Step[]
  /**
   * The billing adapters. Default: none. The first one of all plug-ins, in the order of `temporal.config.ts`, is used for
   * requests that name none. An id that two plug-ins bring stops the start.
   */
  billing?: readonly BillingAdapter[]
  /**
   * The notifiers. Default: none. The first one of all plug-ins, in the order of `temporal.config.ts`, is the one in use. An id
   * that two plug-ins bring stops the start.
   */
  notifiers?: readonly Notifier[]
  /** Frees what the plug-in holds, such as pooled connections. Called once, when the process ends. Default: nothing to free. */
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
