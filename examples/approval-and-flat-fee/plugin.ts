import { definePlugin, type Plugin } from 'tenantry'
import { type FlatFee, flatFee } from './flat-fee.ts'
import { waitForApproval } from './wait-for-approval.ts'

/** Accounts wait for an approval, and can be billed by one fee a month. */
export function approvalAndFlatFee(settings: FlatFee): Plugin {
  return definePlugin({
    name: 'approval-and-flat-fee',
    steps: [waitForApproval],
    billing: [flatFee(settings)],
  })
}
