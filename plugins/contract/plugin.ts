import type { BillingAdapter } from './billing.ts'
import type { Notifier } from './notifier.ts'
import type { Step } from './step.ts'

/** What one plug-in brings. A plug-in is one folder, or one npm package, and one line of `temporal.config.ts`. */
export interface Plugin {
  name: string
  steps?: readonly Step[]
  billing?: readonly BillingAdapter[]
  notifiers?: readonly Notifier[]
  /** Frees what the plug-in holds, such as pooled connections, when the process ends. */
  close?(): Promise<void> | void
}

/** Declares a plug-in. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin
}
