# Made by: python docs/make_pages.py
# pyright: reportOverlappingOverload=false
from typing import Any, Literal, overload

import jaxgym_neuro.collections.driscoll24.decision
import jaxgym_neuro.collections.driscoll24.match
import jaxgym_neuro.collections.driscoll24.reach
import jaxgym_neuro.collections.ibl20
import jaxgym_neuro.collections.priors.priors_v0
import jaxgym_neuro.collections.roitman02
import jaxgym_neuro.collections.yang19.decision
import jaxgym_neuro.collections.yang19.match
import jaxgym_neuro.collections.yang19.reach
import jaxgym_neuro.core.params
import jaxgym_neuro.tasks.context.changing_environment
import jaxgym_neuro.tasks.context.context_decision_making
import jaxgym_neuro.tasks.context.context_switch
import jaxgym_neuro.tasks.context.hierarchical_reasoning
import jaxgym_neuro.tasks.inhibition.anti_reach
import jaxgym_neuro.tasks.inhibition.go_nogo
import jaxgym_neuro.tasks.memory.delay_comparison
import jaxgym_neuro.tasks.memory.delay_match_category
import jaxgym_neuro.tasks.memory.delay_match_sample
import jaxgym_neuro.tasks.memory.delay_match_sample_distractor_1d
import jaxgym_neuro.tasks.memory.delay_paired_association
import jaxgym_neuro.tasks.memory.dual_delay_match_sample
import jaxgym_neuro.tasks.memory.memory_recall
import jaxgym_neuro.tasks.motor._ring_reach
import jaxgym_neuro.tasks.motor.angle_reproduction
import jaxgym_neuro.tasks.motor.reaching_1d
import jaxgym_neuro.tasks.motor.reaching_1d_with_self_distraction
import jaxgym_neuro.tasks.motor.reaching_delay_response
import jaxgym_neuro.tasks.perceptual.annubes_env
import jaxgym_neuro.tasks.perceptual.cv_learning
import jaxgym_neuro.tasks.perceptual.detection
import jaxgym_neuro.tasks.perceptual.multi_sensory_integration
import jaxgym_neuro.tasks.perceptual.perceptual_decision_making
import jaxgym_neuro.tasks.perceptual.perceptual_decision_making_delay_response
import jaxgym_neuro.tasks.perceptual.pulse_decision_making
import jaxgym_neuro.tasks.perceptual.random_dot_motion
import jaxgym_neuro.tasks.perceptual.spatial_suppress_motion
import jaxgym_neuro.tasks.perceptual.spatial_suppress_motion_pixels
import jaxgym_neuro.tasks.perceptual.tone_detection
import jaxgym_neuro.tasks.perceptual.visual_search
import jaxgym_neuro.tasks.timing.interval_discrimination
import jaxgym_neuro.tasks.timing.motor_timing
import jaxgym_neuro.tasks.timing.one_two_three_go
import jaxgym_neuro.tasks.timing.ready_set_go
import jaxgym_neuro.tasks.utility.null
import jaxgym_neuro.tasks.value.bandit
import jaxgym_neuro.tasks.value.daw_two_step
import jaxgym_neuro.tasks.value.economic_decision_making
import jaxgym_neuro.tasks.value.lever_press
import jaxgym_neuro.tasks.value.lever_press_with_poke
import jaxgym_neuro.tasks.value.lever_press_with_poke_rest
import jaxgym_neuro.tasks.value.matching_penny
import jaxgym_neuro.tasks.value.post_decision_wager
import jaxgym_neuro.tasks.value.probabilistic_reasoning

@overload
def make(
    id: Literal["AngleReproduction-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.motor.angle_reproduction.AngleReproduction,
    jaxgym_neuro.tasks.motor._ring_reach.RingReachParams,
]: ...
@overload
def make(
    id: Literal["AnnubesEnv-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.annubes_env.AnnubesEnv,
    jaxgym_neuro.tasks.perceptual.annubes_env.Params,
]: ...
@overload
def make(
    id: Literal["AntiReach-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.inhibition.anti_reach.AntiReach,
    jaxgym_neuro.tasks.inhibition.anti_reach.Params,
]: ...
@overload
def make(
    id: Literal["Bandit-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.bandit.Bandit,
    jaxgym_neuro.tasks.value.bandit.Params,
]: ...
@overload
def make(
    id: Literal["CVLearning-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.cv_learning.CVLearning,
    jaxgym_neuro.tasks.perceptual.cv_learning.Params,
]: ...
@overload
def make(
    id: Literal["ChangingEnvironment-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.context.changing_environment.ChangingEnvironment,
    jaxgym_neuro.tasks.context.changing_environment.Params,
]: ...
@overload
def make(
    id: Literal["ContextDecisionMaking-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.context.context_decision_making.ContextDecisionMaking,
    jaxgym_neuro.tasks.context.context_decision_making.Params,
]: ...
@overload
def make(
    id: Literal["ContextSwitch-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.context.context_switch.ContextSwitch,
    jaxgym_neuro.tasks.context.context_switch.Params,
]: ...
@overload
def make(
    id: Literal["DawTwoStep-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.daw_two_step.DawTwoStep,
    jaxgym_neuro.tasks.value.daw_two_step.Params,
]: ...
@overload
def make(
    id: Literal["DelayComparison-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.memory.delay_comparison.DelayComparison,
    jaxgym_neuro.tasks.memory.delay_comparison.Params,
]: ...
@overload
def make(
    id: Literal["DelayMatchCategory-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.memory.delay_match_category.DelayMatchCategory,
    jaxgym_neuro.tasks.memory.delay_match_category.Params,
]: ...
@overload
def make(
    id: Literal["DelayMatchSample-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.memory.delay_match_sample.DelayMatchSample,
    jaxgym_neuro.tasks.memory.delay_match_sample.Params,
]: ...
@overload
def make(
    id: Literal["DelayMatchSampleDistractor1D-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.memory.delay_match_sample_distractor_1d.DelayMatchSampleDistractor1D,
    jaxgym_neuro.tasks.memory.delay_match_sample_distractor_1d.Params,
]: ...
@overload
def make(
    id: Literal["DelayPairedAssociation-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.memory.delay_paired_association.DelayPairedAssociation,
    jaxgym_neuro.tasks.memory.delay_paired_association.Params,
]: ...
@overload
def make(
    id: Literal["Detection-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.detection.Detection,
    jaxgym_neuro.tasks.perceptual.detection.Params,
]: ...
@overload
def make(
    id: Literal["DualDelayMatchSample-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.memory.dual_delay_match_sample.DualDelayMatchSample,
    jaxgym_neuro.tasks.memory.dual_delay_match_sample.Params,
]: ...
@overload
def make(
    id: Literal["EconomicDecisionMaking-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.economic_decision_making.EconomicDecisionMaking,
    jaxgym_neuro.tasks.value.economic_decision_making.Params,
]: ...
@overload
def make(
    id: Literal["GoNogo-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.inhibition.go_nogo.GoNogo,
    jaxgym_neuro.tasks.inhibition.go_nogo.Params,
]: ...
@overload
def make(
    id: Literal["HierarchicalReasoning-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.context.hierarchical_reasoning.HierarchicalReasoning,
    jaxgym_neuro.tasks.context.hierarchical_reasoning.Params,
]: ...
@overload
def make(
    id: Literal["IntervalDiscrimination-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.timing.interval_discrimination.IntervalDiscrimination,
    jaxgym_neuro.tasks.timing.interval_discrimination.Params,
]: ...
@overload
def make(
    id: Literal["LeverPress-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.lever_press.LeverPress,
    jaxgym_neuro.tasks.value.lever_press.Params,
]: ...
@overload
def make(
    id: Literal["LeverPressWithPoke-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.lever_press_with_poke.LeverPressWithPoke,
    jaxgym_neuro.core.params.TrialParams,
]: ...
@overload
def make(
    id: Literal["LeverPressWithPokeRest-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.lever_press_with_poke_rest.LeverPressWithPokeRest,
    jaxgym_neuro.core.params.TrialParams,
]: ...
@overload
def make(
    id: Literal["MatchingPenny-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.matching_penny.MatchingPenny,
    jaxgym_neuro.tasks.value.matching_penny.Params,
]: ...
@overload
def make(
    id: Literal["MemoryRecall-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.memory.memory_recall.MemoryRecall,
    jaxgym_neuro.tasks.memory.memory_recall.Params,
]: ...
@overload
def make(
    id: Literal["MotorTiming-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.timing.motor_timing.MotorTiming,
    jaxgym_neuro.tasks.timing.motor_timing.Params,
]: ...
@overload
def make(
    id: Literal["MultiSensoryIntegration-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.multi_sensory_integration.MultiSensoryIntegration,
    jaxgym_neuro.tasks.perceptual.multi_sensory_integration.Params,
]: ...
@overload
def make(
    id: Literal["Null-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.utility.null.Null,
    jaxgym_neuro.core.params.TrialParams,
]: ...
@overload
def make(
    id: Literal["OneTwoThreeGo-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.timing.one_two_three_go.OneTwoThreeGo,
    jaxgym_neuro.tasks.timing.one_two_three_go.Params,
]: ...
@overload
def make(
    id: Literal["PerceptualDecisionMaking-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.perceptual_decision_making.PerceptualDecisionMaking,
    jaxgym_neuro.tasks.perceptual.perceptual_decision_making.Params,
]: ...
@overload
def make(
    id: Literal["PerceptualDecisionMakingDelayResponse-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.perceptual_decision_making_delay_response.PerceptualDecisionMakingDelayResponse,
    jaxgym_neuro.tasks.perceptual.perceptual_decision_making_delay_response.Params,
]: ...
@overload
def make(
    id: Literal["PostDecisionWager-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.post_decision_wager.PostDecisionWager,
    jaxgym_neuro.tasks.value.post_decision_wager.Params,
]: ...
@overload
def make(
    id: Literal["ProbabilisticReasoning-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.value.probabilistic_reasoning.ProbabilisticReasoning,
    jaxgym_neuro.tasks.value.probabilistic_reasoning.Params,
]: ...
@overload
def make(
    id: Literal["PulseDecisionMaking-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.pulse_decision_making.PulseDecisionMaking,
    jaxgym_neuro.tasks.perceptual.pulse_decision_making.Params,
]: ...
@overload
def make(
    id: Literal["RandomDotMotion-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.random_dot_motion.RandomDotMotion,
    jaxgym_neuro.tasks.perceptual.random_dot_motion.Params,
]: ...
@overload
def make(
    id: Literal["Reaching1D-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.motor.reaching_1d.Reaching1D,
    jaxgym_neuro.tasks.motor._ring_reach.RingReachParams,
]: ...
@overload
def make(
    id: Literal["Reaching1DWithSelfDistraction-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.motor.reaching_1d_with_self_distraction.Reaching1DWithSelfDistraction,
    jaxgym_neuro.tasks.motor.reaching_1d_with_self_distraction.Params,
]: ...
@overload
def make(
    id: Literal["ReachingDelayResponse-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.motor.reaching_delay_response.ReachingDelayResponse,
    jaxgym_neuro.tasks.motor.reaching_delay_response.Params,
]: ...
@overload
def make(
    id: Literal["ReadySetGo-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.timing.ready_set_go.ReadySetGo,
    jaxgym_neuro.tasks.timing.ready_set_go.Params,
]: ...
@overload
def make(
    id: Literal["SpatialSuppressMotion-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.spatial_suppress_motion.SpatialSuppressMotion,
    jaxgym_neuro.core.params.TrialParams,
]: ...
@overload
def make(
    id: Literal["SpatialSuppressMotionPixels-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.spatial_suppress_motion_pixels.SpatialSuppressMotionPixels,
    jaxgym_neuro.tasks.perceptual.spatial_suppress_motion_pixels.Params,
]: ...
@overload
def make(
    id: Literal["ToneDetection-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.tone_detection.ToneDetection,
    jaxgym_neuro.tasks.perceptual.tone_detection.Params,
]: ...
@overload
def make(
    id: Literal["VisualSearch-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.tasks.perceptual.visual_search.VisualSearch,
    jaxgym_neuro.tasks.perceptual.visual_search.Params,
]: ...
@overload
def make(
    id: Literal[
        "driscoll24.ContextIntModality1-v0",
        "driscoll24.ContextIntModality2-v0",
        "driscoll24.IntegrationModality1-v0",
        "driscoll24.IntegrationModality2-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.driscoll24.decision.Integration,
    jaxgym_neuro.collections.driscoll24.decision.Params,
]: ...
@overload
def make(
    id: Literal[
        "driscoll24.DelayAnti-v0",
        "driscoll24.DelayPro-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.driscoll24.reach.Delay,
    jaxgym_neuro.collections.driscoll24.reach.Params,
]: ...
@overload
def make(
    id: Literal["driscoll24.IntegrationMultimodal-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.collections.driscoll24.decision.IntegrationMultimodal,
    jaxgym_neuro.collections.driscoll24.decision.Params,
]: ...
@overload
def make(
    id: Literal[
        "driscoll24.MemoryAnti-v0",
        "driscoll24.MemoryPro-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.driscoll24.reach.Memory,
    jaxgym_neuro.collections.driscoll24.reach.Params,
]: ...
@overload
def make(
    id: Literal[
        "driscoll24.ReactAnti-v0",
        "driscoll24.ReactPro-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.driscoll24.reach.React,
    jaxgym_neuro.collections.driscoll24.reach.Params,
]: ...
@overload
def make(
    id: Literal[
        "driscoll24.ReactCategoryAnti-v0",
        "driscoll24.ReactCategoryPro-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.driscoll24.match.MatchCategory,
    jaxgym_neuro.collections.driscoll24.match.Params,
]: ...
@overload
def make(
    id: Literal[
        "driscoll24.ReactMatch2Sample-v0",
        "driscoll24.ReactNonMatch2Sample-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.driscoll24.match.MatchSample,
    jaxgym_neuro.collections.driscoll24.match.Params,
]: ...
@overload
def make(
    id: Literal[
        "modcog.anti-v0",
        "modcog.dlyanti-v0",
        "modcog.dlygo-v0",
        "modcog.go-v0",
        "yang19.anti-v0",
        "yang19.dlyanti-v0",
        "yang19.dlygo-v0",
        "yang19.go-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.reach.Reach,
    jaxgym_neuro.collections.yang19.reach.Params,
]: ...
@overload
def make(
    id: Literal[
        "modcog.antiseql-v0",
        "modcog.antiseqr-v0",
        "modcog.dlyantiintl-v0",
        "modcog.dlyantiintlseql-v0",
        "modcog.dlyantiintlseqr-v0",
        "modcog.dlyantiintr-v0",
        "modcog.dlyantiintrseql-v0",
        "modcog.dlyantiintrseqr-v0",
        "modcog.dlyantiseql-v0",
        "modcog.dlyantiseqr-v0",
        "modcog.dlygointl-v0",
        "modcog.dlygointlseql-v0",
        "modcog.dlygointlseqr-v0",
        "modcog.dlygointr-v0",
        "modcog.dlygointrseql-v0",
        "modcog.dlygointrseqr-v0",
        "modcog.dlygoseql-v0",
        "modcog.dlygoseqr-v0",
        "modcog.goseql-v0",
        "modcog.goseqr-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.reach.Reach,
    Any,
]: ...
@overload
def make(
    id: Literal[
        "modcog.ctxdlydm1-v0",
        "modcog.ctxdlydm2-v0",
        "modcog.dlydm1-v0",
        "modcog.dlydm2-v0",
        "modcog.multidlydm-v0",
        "yang19.ctxdlydm1-v0",
        "yang19.ctxdlydm2-v0",
        "yang19.dlydm1-v0",
        "yang19.dlydm2-v0",
        "yang19.multidlydm-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.decision.DelayedDecision,
    jaxgym_neuro.collections.yang19.decision.Params,
]: ...
@overload
def make(
    id: Literal[
        "modcog.ctxdlydm1intl-v0",
        "modcog.ctxdlydm1intlseql-v0",
        "modcog.ctxdlydm1intlseqr-v0",
        "modcog.ctxdlydm1intr-v0",
        "modcog.ctxdlydm1intrseql-v0",
        "modcog.ctxdlydm1intrseqr-v0",
        "modcog.ctxdlydm1seql-v0",
        "modcog.ctxdlydm1seqr-v0",
        "modcog.ctxdlydm2intl-v0",
        "modcog.ctxdlydm2intlseql-v0",
        "modcog.ctxdlydm2intlseqr-v0",
        "modcog.ctxdlydm2intr-v0",
        "modcog.ctxdlydm2intrseql-v0",
        "modcog.ctxdlydm2intrseqr-v0",
        "modcog.ctxdlydm2seql-v0",
        "modcog.ctxdlydm2seqr-v0",
        "modcog.dlydm1intl-v0",
        "modcog.dlydm1intlseql-v0",
        "modcog.dlydm1intlseqr-v0",
        "modcog.dlydm1intr-v0",
        "modcog.dlydm1intrseql-v0",
        "modcog.dlydm1intrseqr-v0",
        "modcog.dlydm1seql-v0",
        "modcog.dlydm1seqr-v0",
        "modcog.dlydm2intl-v0",
        "modcog.dlydm2intlseql-v0",
        "modcog.dlydm2intlseqr-v0",
        "modcog.dlydm2intr-v0",
        "modcog.dlydm2intrseql-v0",
        "modcog.dlydm2intrseqr-v0",
        "modcog.dlydm2seql-v0",
        "modcog.dlydm2seqr-v0",
        "modcog.multidlydmintl-v0",
        "modcog.multidlydmintlseql-v0",
        "modcog.multidlydmintlseqr-v0",
        "modcog.multidlydmintr-v0",
        "modcog.multidlydmintrseql-v0",
        "modcog.multidlydmintrseqr-v0",
        "modcog.multidlydmseql-v0",
        "modcog.multidlydmseqr-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.decision.DelayedDecision,
    Any,
]: ...
@overload
def make(
    id: Literal[
        "modcog.ctxdm1-v0",
        "modcog.ctxdm2-v0",
        "modcog.dm1-v0",
        "modcog.dm2-v0",
        "modcog.multidm-v0",
        "yang19.ctxdm1-v0",
        "yang19.ctxdm2-v0",
        "yang19.dm1-v0",
        "yang19.dm2-v0",
        "yang19.multidm-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.decision.Decision,
    jaxgym_neuro.collections.yang19.decision.Params,
]: ...
@overload
def make(
    id: Literal[
        "modcog.ctxdm1seql-v0",
        "modcog.ctxdm1seqr-v0",
        "modcog.ctxdm2seql-v0",
        "modcog.ctxdm2seqr-v0",
        "modcog.dm1seql-v0",
        "modcog.dm1seqr-v0",
        "modcog.dm2seql-v0",
        "modcog.dm2seqr-v0",
        "modcog.multidmseql-v0",
        "modcog.multidmseqr-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.decision.Decision,
    Any,
]: ...
@overload
def make(
    id: Literal[
        "modcog.dmc-v0",
        "modcog.dnmc-v0",
        "yang19.dmc-v0",
        "yang19.dnmc-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.match.MatchCategory,
    jaxgym_neuro.collections.yang19.match.Params,
]: ...
@overload
def make(
    id: Literal[
        "modcog.dmcintl-v0",
        "modcog.dmcintlseql-v0",
        "modcog.dmcintlseqr-v0",
        "modcog.dmcintr-v0",
        "modcog.dmcintrseql-v0",
        "modcog.dmcintrseqr-v0",
        "modcog.dmcseql-v0",
        "modcog.dmcseqr-v0",
        "modcog.dnmcintl-v0",
        "modcog.dnmcintlseql-v0",
        "modcog.dnmcintlseqr-v0",
        "modcog.dnmcintr-v0",
        "modcog.dnmcintrseql-v0",
        "modcog.dnmcintrseqr-v0",
        "modcog.dnmcseql-v0",
        "modcog.dnmcseqr-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.match.MatchCategory,
    Any,
]: ...
@overload
def make(
    id: Literal[
        "modcog.dms-v0",
        "modcog.dnms-v0",
        "yang19.dms-v0",
        "yang19.dnms-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.match.MatchSample,
    jaxgym_neuro.collections.yang19.match.Params,
]: ...
@overload
def make(
    id: Literal[
        "modcog.dmsintl-v0",
        "modcog.dmsintlseql-v0",
        "modcog.dmsintlseqr-v0",
        "modcog.dmsintr-v0",
        "modcog.dmsintrseql-v0",
        "modcog.dmsintrseqr-v0",
        "modcog.dmsseql-v0",
        "modcog.dmsseqr-v0",
        "modcog.dnmsintl-v0",
        "modcog.dnmsintlseql-v0",
        "modcog.dnmsintlseqr-v0",
        "modcog.dnmsintr-v0",
        "modcog.dnmsintrseql-v0",
        "modcog.dnmsintrseqr-v0",
        "modcog.dnmsseql-v0",
        "modcog.dnmsseqr-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.match.MatchSample,
    Any,
]: ...
@overload
def make(
    id: Literal[
        "modcog.rtanti-v0",
        "modcog.rtgo-v0",
        "yang19.rtanti-v0",
        "yang19.rtgo-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.reach.ReachAtOnce,
    jaxgym_neuro.collections.yang19.reach.Params,
]: ...
@overload
def make(
    id: Literal[
        "modcog.rtantiseql-v0",
        "modcog.rtantiseqr-v0",
        "modcog.rtgoseql-v0",
        "modcog.rtgoseqr-v0",
    ],
    **kwargs: Any,
) -> tuple[
    jaxgym_neuro.collections.yang19.reach.ReachAtOnce,
    Any,
]: ...
@overload
def make(
    id: Literal["perceptualdecisionmaking.ibl20-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.collections.ibl20.IBL20,
    Any,
]: ...
@overload
def make(
    id: Literal["perceptualdecisionmaking.roitman02-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.collections.roitman02.Roitman02,
    Any,
]: ...
@overload
def make(
    id: Literal["priors.priors_v0-v0"], **kwargs: Any
) -> tuple[
    jaxgym_neuro.collections.priors.priors_v0.PriorsV0,
    Any,
]: ...
@overload
def make(id: str, **kwargs: Any) -> tuple[Any, Any]: ...
