// The workflow types that a worker runs: what the bundle is made from. Every kind of run is carried out alike, under a
// name of its own.
export {
  carryOut as addAccount,
  carryOut as addUser,
  carryOut as billAccount,
  carryOut as changePlan,
  carryOut as closeAccount,
  carryOut as expireTrial,
  carryOut as remindTrial,
  carryOut as resendInvitation,
  carryOut as restoreAccount,
  carryOut as suspendAccount,
  carryOut as switchBilling,
} from './run.ts'
export { billMonth } from './bill-month.ts'
export { reconcileRound } from './reconcile-round.ts'
export { decideInBulk } from './decide-in-bulk.ts'
export { trialRound } from './trial-round.ts'
