dat_path = ''
n_channels_dat = 4
dtype = 'int16'
offset = 0
sample_rate = 8000.0
hp_filtered = False
