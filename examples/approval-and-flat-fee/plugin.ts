import { definePlugin, type Plugin } from 'tenantry'
import { type FlatFee, flatFee } from './flat-fee.ts'
import { waitForApproval } from './wait-for-approval.ts'

/** A step that waits for an approval, and a billing adapter with a monthly fee. */
export function approvalAndFlatFee(settings: FlatFee): Plugin {
  return definePlugin({
    name: 'approval-and-flat-fee',
    steps: [waitForApproval],
    billing: [flatFee(settings)],
  })
}
