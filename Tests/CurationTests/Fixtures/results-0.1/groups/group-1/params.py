dat_path = '/data/sg/sg.dat'
n_channels_dat = 8
dtype = 'int16'
offset = 0
sample_rate = 8000.0
hp_filtered = False
