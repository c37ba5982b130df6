"""The core: TrialEnv, trials, params and the renewal of trials."""
