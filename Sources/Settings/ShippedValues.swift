// Made from config/attune.yaml by scripts/config/embed_defaults.py (`make schemas`); a test compares. Not to be edited.
// swift-format-ignore-file

/// The values of the shipped configuration file, which are the defaults.
let shippedValues = #"""
    sockets:
      events: /run/attune/events.sock
      control: /run/attune/control.sock
      mode: "0660"
      group:
      allow_uids:
      allow_gids:
      http:
      http_tokens:
      http_hosts:
      http_origins:
      http_certificate:
      http_key:
    events:
      tick_s: 1
      heartbeat_s: 10
      ring_s: 60
      ring_mib: 16
      max_clients: 512
      client_queue_kib: 512
      client_stall_s: 10
      history_mib: 32
    conversation:
      windows_s: [10, 30, 120]
      skew_s: 0.5
      timing_uncertainty_ms: 50
    engagement:
      talk_ratio_points: 14
      response_lag_points: 10
      speaker_change_points: 8
      backchannel_points: 5
      pitch_range_points: 6
      loudness_variation_points: 4
      rate_change_points: 3
      saturation_spreads: 2.5
      least_rate_change: 0.1
      hysteresis_points: 0.5
      window_s: 30
      provisional_speech_s: 20
      settled_speech_s: 60
      settled_turns: 8
    cues:
      min_gap_s: 30
      on_raise:
      commands_dir:
      rules:
        - {id: monologue, about: host, metric: monologue_s, above: 90, priority: 70}
        - {id: talk_ratio, about: host, metric: talk_ratio, window_s: 120, above: 0.65, clear: 0.6, for_s: 20}
        - {id: too_fast, about: host, metric: rate_change, window_s: 30, above: 0.25, clear: 0.15, for_s: 10,
           clear_for_s: 5, priority: 30}
        - {id: too_slow, about: host, metric: rate_change, window_s: 30, below: -0.25, clear: -0.15, for_s: 10,
           clear_for_s: 5, priority: 30}
        - {id: interrupting, about: host, metric: interruptions, window_s: 120, above: 2, clear: 1, severity: warning,
           priority: 80}
        - {id: no_patience, about: host, metric: hasty_answers, window_s: 120, above: 3, clear: 2}
        - {id: long_silence, about: session, metric: silence_s, above: 15, priority: 40}
        - {id: customer_not_heard, about: guest, metric: unheard_s, above: 300, priority: 60}
        - {id: engagement_fell, enabled: false, about: guest, metric: engagement_change, window_s: 60, below: -10,
           clear: -5, for_s: 10, clear_for_s: 5, priority: 20}
    sources:
      max: 256
      protocols:
      isolation: process
      worker_mib: 384
      references:
      pcm_socket:
      audiosocket:
      websocket:
      websocket_certificate:
      websocket_key:
      websocket_url:
      attach: []
      zoom_client_id:
      zoom_secret:
      open_timeout_s: 10
      rtsp: [10, 10]
      rtmp: [10, 10]
      srt: [5, 5]
      hls: [10, 30]
      http: [10, 15]
      tcp: [5, 15]
      udp: [10, 0]
      stall_s: 2
      reconnect_min_s: 0.5
      reconnect_max_s: 15
      jitter_max_s: 0.2
      rtcp_reports: true
      max_ssrcs: 32
      max_packet_bytes: 2048
      max_kbit_s: 20000
      max_mib: 24
    overload:
      enabled: true
      target: 0.85
    voice:
      vad_weights:
    captions:
      lexicon:
      fillers: [um, umm, uh, uhh, uhm, er, erm, you know, i mean]
    words:
      language: en
      text: none
      partials: true
      trackers: []
    policy:
      profile: standard
      notice_id: standard-notice
    session:
      idle_s: 3600
    store:
      path:
      retention_days: 30
    ledger:
      path:
      notices_dir:
      retention_days: 1095
    state:
      path:
      max_age_s: 300
    bus:
      url:
      credentials:
      ca:
      node:
      node_url:
    log:
      level: info
      levels: {}
      format: text
      max_lines_s: 200
    """#
