import type { Configure } from './configuration.ts'
import { accounts } from './plugins/accounts/plugin.ts'
import { httpWhenConfigured } from './plugins/http/plugin.ts'
import { ledger } from './plugins/ledger/plugin.ts'
import { smtp } from './plugins/smtp/plugin.ts'
import { stripeWhenConfigured } from './plugins/stripe/plugin.ts'
import { subscriptions } from './plugins/subscriptions/plugin.ts'

/** What a license used in a month costs, in minor units. */
const prices = { currency: 'USD', purchased: 500, trial: 0 }

/**
 * What this deployment is made of. The order of plug-ins matters in one way: the first billing adapter and the first
 * notifier are the defaults. Where Temporal is, is said by `TEMPORAL_ADDRESS` or a `temporal.toml` profile.
 */
const configure: Configure = ({ db, publicUrl, mail, variables }) => ({
  taskQueue: 'tenantry',
  attentionDays: 30,
  trialDays: 30,
  trialReminderDays: 7,
  worker: {
    // A mail server that hangs must not keep new accounts from being worked on.
    maxConcurrentLocalActivityExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 200,
    // Most onboardings are one workflow task, the first: that is where to look for work.
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
