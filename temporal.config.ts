import type { Configure } from './configuration.ts'
import { accounts } from './plugins/accounts/plugin.ts'
import { httpWhenConfigured } from './plugins/http/plugin.ts'
import { ledger } from './plugins/ledger/plugin.ts'
import { smtp } from './plugins/smtp/plugin.ts'
import { stripeWhenConfigured } from './plugins/stripe/plugin.ts'
import { subscriptions } from './plugins/subscriptions/plugin.ts'

/** The monthly price of one used license, in minor units. */
const prices = { currency: 'USD', purchased: 500, trial: 0 }

/**
 * The configuration of this deployment. The first billing adapter and the first notifier are the defaults; otherwise
 * the order of plug-ins does not matter. `TEMPORAL_ADDRESS` or a `temporal.toml` profile sets the address of Temporal.
 */
const configure: Configure = ({ db, publicUrl, mail, variables }) => ({
  taskQueue: 'tenantry',
  attentionDays: 30,
  trialDays: 30,
  trialReminderDays: 7,
  worker: {
    // Calls to a mail server that hangs must not take all slots from new accounts.
    maxConcurrentLocalActivityExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 200,
    // Most onboardings complete in their first workflow task, which is on the normal queue and not on a sticky one.
    maxConcurrentWorkflowTaskPolls: 20,
    nonStickyToStickyPollRatio: 0.7,
  },
  plugins: [
    accounts({ db, publicUrl }),
    subscriptions({ db }),
    ledger({ db, prices }),
    ...stripeWhenConfigured(variables, prices),
    ...httpWhenConfigured(variables),
    smtp(mail),
  ],
})

export default configure
